"""How much of its context window a session uses: pure."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class ContextUse(Struct, frozen=True, kw_only=True):
    """The newest response of a session, a subagent's too: `prompt` is how many tokens it was sent, `largest` the
    most that any of the session's responses was sent. Texts are None where no log says.
    """

    provider: str
    session: str
    thread: str
    is_subagent: bool
    home: str
    account: str | None
    project: str | None
    model: str | None
    effort: str | None
    at: datetime
    prompt: int
    largest: int
