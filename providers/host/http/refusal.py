"""Maps a response with a status other than 200 to our error kinds."""

from __future__ import annotations

from datetime import datetime

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


def refusal(answer: Answer, server: str, now: datetime) -> ProviderError:
    """`server` is its display name, `now` when it responded. A 401 is up to the caller."""
    status = answer.status
    retry_at = retry_after(answer.headers.get("retry-after"), now)
    if status == 429:
        return RateLimited(f"Rate-limited by {server}.", retry_at=retry_at)
    if status in (408, 504):
        return TimedOut(f"{server} did not respond in time (HTTP {status}).", retry_at=retry_at)
    if status >= 500:
        return ServerError(f"{server} returned a server error (HTTP {status}).", retry_at=retry_at)
    if 300 <= status < 400 or is_page(answer):
        page = f"Got a web page instead of data (HTTP {status}). A proxy or captive portal?"
        return Blocked(page, retry_at=retry_at)
    if status in (402, 403):
        return Denied(f"{server} denied access to this account's usage (HTTP {status}).", retry_at=retry_at)
    return NotUnderstood(f"{server} sent an unexpected response (HTTP {status}).", retry_at=retry_at)


def is_page(answer: Answer) -> bool:
    """Whether it is a web page, such as a proxy's in place of the server's response."""
    return "html" in answer.headers.get("content-type", "").lower() or answer.body.lstrip()[:1] == b"<"
