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
_OF_PROXIES = (407, 511)
_PLACE = r"(?:country|region|territory|location|ip address|network)"
# The names of an error, as OpenAI's unsupported_country_region_territory, …
_NETWORK_CODE = re.compile(
    r"country|region|territor|location|\bgeo|_geo\b|\bvpn|\bip_|_ip\b|cloudflare|\bwaf_"
    r"|network_policy|(?:blocked|denied|restricted)_by_(?:\w+_)?policy|policy_(?:block|den)",
    re.IGNORECASE,
)
# … its messages, …
_NETWORK_MESSAGE = re.compile(
    rf"{_PLACE}\b.{{0,40}}\b(?:not (?:supported|available|allowed)|(?:restrict|bann|block)ed)"
    rf"|(?:unsupported|restricted) {_PLACE}"
    r"|(?:not|n't|un)[ -]?(?:supported|available|allowed)\b.{0,30}"
    rf"\b(?:in|from) (?:your|this|the) (?:\w+ )?{_PLACE}"
    rf"|\baccess from (?:your|this) {_PLACE}"
    r"|^error code: 1\d{3}\b"  # Cloudflare's, as plain text
    r"|\byour (?:ip|network)\b|(?:not in|\bip) allow_?list|ip_allowlist|\bused cloudflare to restrict access",
    re.IGNORECASE,
)
# … and `forbidden`, unless it is about a login: an edge sends it, an API has codes of its own.
_EDGE_CODE = "forbidden"
_OF_LOGIN = re.compile(
    r"permission|scope|member|workspace|organi[sz]ation|account|subscription|plan\b|role", re.IGNORECASE
)
_INSIDE = ("error", "detail", "details", "errors")
_DEEPEST = 4
_NAMES = ("code", "type", "error", "error_code", "reason")
_MESSAGES = ("message", "error", "detail", "error_description", "title")
_LONGEST_TEXT = 1000


def refusal(answer: Answer, server: str, now: datetime, of: str = "this account's usage") -> ProviderError:
    """`server` is its name within a sentence, `now` when it responded, `of` what it was asked for. A 401 is up to
    the caller.
    """
    status, subject = answer.status, capitalized(server)
    retry_at = retry_after(answer.headers.get("retry-after"), now)
    if status == 429:
        return RateLimited(f"Rate-limited by {server}.", retry_at=retry_at)
    if status in (408, 504):
        return TimedOut(f"{subject} did not respond in time (HTTP {status}).", retry_at=retry_at)
    if status == 451 or (status == 403 and not is_page(answer) and is_network_refusal(_text(answer))):
        return refused_network(server, status, retry_at)
    if status in _OF_PROXIES:
        return Blocked(f"A proxy or captive portal requires a sign-in (HTTP {status}).", retry_at=retry_at)
    if status >= 500:
        return ServerError(f"{subject} returned a server error (HTTP {status}).", retry_at=retry_at)
    if 300 <= status < 400 or is_page(answer):
        page = f"Got a web page instead of data (HTTP {status}). A proxy or captive portal?"
        return Blocked(page, retry_at=retry_at)
    if status in (402, 403):
        return Denied(f"{subject} denied access to {of} (HTTP {status}).", retry_at=retry_at)
    return NotUnderstood(f"{subject} sent an unexpected response (HTTP {status}).", retry_at=retry_at)


def refused_network(server: str, status: int, retry_at: datetime | None = None) -> Blocked:
    """The error for a request that is refused for where it comes from, not for its login."""
    return Blocked(
        f"{capitalized(server)} refuses requests from this network or region (HTTP {status}).",
        remedy=_OTHER_NETWORK,
        retry_at=retry_at,
    )


def capitalized(name: str) -> str:
    """As the first word of a sentence."""
    return name[:1].upper() + name[1:]


def is_page(answer: Answer) -> bool:
    """Whether it is a web page, such as a proxy's in place of the server's response."""
    return "html" in answer.headers.get("content-type", "").lower() or answer.body.lstrip()[:1] == b"<"


def is_network_refusal(body: str) -> bool:
    """Whether the body of a 403 is about the network or the region of the request, not about its login."""
    try:
        content, _ = json.JSONDecoder().raw_decode(body.strip())
    except (ValueError, RecursionError):
        return _NETWORK_MESSAGE.search(body[:_LONGEST_TEXT].strip()) is not None
    about = list(_objects(content))
    codes, messages = _texts(about, _NAMES), _texts(about, _MESSAGES)
    if any(map(_NETWORK_CODE.search, codes)) or any(map(_NETWORK_MESSAGE.search, messages)):
        return True
    is_edge = any(code.lower() == _EDGE_CODE for code in codes)
    return is_edge and not any(map(_OF_LOGIN.search, codes + messages))


def _text(answer: Answer) -> str:
    return answer.body.decode(errors="replace")


def _objects(content: Any, depth: int = _DEEPEST) -> Iterator[dict[str, Any]]:
    """The objects that say what was wrong: one may stand in another, or in a list."""
    if depth == 0:
        return
    if isinstance(content, list):
        for each in content[:_DEEPEST]:
            yield from _objects(each, depth - 1)
    elif isinstance(content, dict):
        yield content
        for name in _INSIDE:
            yield from _objects(content.get(name), depth - 1)


def _texts(about: list[dict[str, Any]], names: tuple[str, ...]) -> list[str]:
    texts = (each.get(name) for each in about for name in names)
    return [text[:_LONGEST_TEXT] for text in texts if isinstance(text, str)]
