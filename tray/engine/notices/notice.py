"""A notice, as every way to deliver one takes it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

Urgency = Literal["normal", "critical"]


class Notice(Struct, frozen=True, kw_only=True):
    """`title` is one line and `body` a few; both are plain text, and what markup a desktop reads is its matter.

    A notice with the `key` of one that is shown replaces it. `kind` is the name of what happened, `provider` an
    id, `account` the account's hash, `session` a session's id and `session_key` what actions know it by; it
    `can_show` its terminal where that is certain. `remaining_percent` (0-100) and `resets_at` are those of its
    window. A critical one may stay on the screen until the person dismisses it.
    """

    key: str
    title: str
    body: str = ""
    urgency: Urgency = "normal"
    kind: str = ""
    provider: str = ""
    account: str | None = None
    session: str | None = None
    session_key: str | None = None
    can_show: bool = False
    window: str | None = None
    remaining_percent: float | None = None
    resets_at: datetime | None = None
