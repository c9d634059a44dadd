"""Maps a response with a status other than 200 to our error kinds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from providers.domain.errors import (
    Blocked,
    Denied,
    NotUnderstood,
    ProviderError,
    RateLimited,
    ServerError,
    TimedOut,
)
from providers.host.http.retry_after import retry_after
from providers.host.http.transport import Answer

_OTHER_NETWORK = "Set HTTPS_PROXY to the proxy that you use for the CLI, and restart tankful."
# The names of an error: OpenAI's unsupported_country_region_territory, the `forbidden` of Anthropic's edge, whose
# own refusals are `permission_error`, …
_NETWORK_CODE = re.compile(
    r"country|region|territor|geo_?(?:block|restrict)|\bvpn|^forbidden$|\bip_|_ip\b|cloudflare|\bwaf_",
    re.IGNORECASE,
)
# … and what is said in its place.
_NETWORK_MESSAGE = re.compile(
    r"(?:country|region|territory|location)\b.{0,40}\bnot (?:supported|available|allowed)"
    r"|(?:unsupported|restricted) (?:country|region|territory|location)"
    r"|^error code: 1\d{3}\b"  # Cloudflare's, as plain text
    r"|\byour (?:ip|network)\b|not in allowlist",
    re.IGNORECASE,
)
_INSIDE = ("error", "detail")
_NAMES = ("code", "type", "error", "error_code", "reason")
_MESSAGES = ("message", "error", "detail", "error_description", "title")
_LONGEST_TEXT = 1000


def refusal(answer: Answer, server: str, now: datetime) -> ProviderError:
    """`server` is its display name, `now` when it responded. A 401 is up to the caller."""
    status = answer.status
    retry_at = retry_after(answer.headers.get("retry-after"), now)
    if status == 429:
        return RateLimited(f"Rate-limited by {server}.", retry_at=retry_at)
    if status in (408, 504):
        return TimedOut(f"{server} did not respond in time (HTTP {status}).", retry_at=retry_at)
    if status == 451 or (status == 403 and not is_page(answer) and is_network_refusal(_text(answer))):
        return refused_network(server, status, retry_at)
    if status >= 500:
        return ServerError(f"{server} returned a server error (HTTP {status}).", retry_at=retry_at)
    if 300 <= status < 400 or is_page(answer):
        page = f"Got a web page instead of data (HTTP {status}). A proxy or captive portal?"
        return Blocked(page, retry_at=retry_at)
    if status in (402, 403):
        return Denied(f"{server} denied access to this account's usage (HTTP {status}).", retry_at=retry_at)
    return NotUnderstood(f"{server} sent an unexpected response (HTTP {status}).", retry_at=retry_at)


def refused_network(server: str, status: int, retry_at: datetime | None = None) -> Blocked:
    """It is not the login that is refused, but where the request comes from."""
    return Blocked(
        f"{server} refuses requests from this network or region (HTTP {status}).",
        remedy=_OTHER_NETWORK,
        retry_at=retry_at,
    )


def is_page(answer: Answer) -> bool:
    """Whether it is a web page, such as a proxy's in place of the server's response."""
    return "html" in answer.headers.get("content-type", "").lower() or answer.body.lstrip()[:1] == b"<"


def is_network_refusal(body: str) -> bool:
    """Whether the body of a 403 is about the network or the region of the request, not about its login."""
    try:
        content, _ = json.JSONDecoder().raw_decode(body.strip())
    except (ValueError, RecursionError):
        return _NETWORK_MESSAGE.search(body[:_LONGEST_TEXT].strip()) is not None
    return any(pattern.search(text[:_LONGEST_TEXT]) for pattern, text in _texts(content))


def _text(answer: Answer) -> str:
    return answer.body.decode(errors="replace")


def _texts(content: Any) -> Iterator[tuple[re.Pattern[str], str]]:
    """The codes and messages of an error, with what to look for in each; it may stand in `error` or `detail`."""
    if not isinstance(content, dict):
        return
    about = (content, *(inner for name in _INSIDE if isinstance(inner := content.get(name), dict)))
    for pattern, names in ((_NETWORK_CODE, _NAMES), (_NETWORK_MESSAGE, _MESSAGES)):
        texts = (each.get(name) for each in about for name in names)
        yield from ((pattern, text) for text in texts if isinstance(text, str))
