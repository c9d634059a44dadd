"""What of a session is worth a notice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from providers.domain.live import LiveSession, SessionStatus, Status
from providers.setting import Setting
from tray.engine.notices import settings
from tray.engine.notices.occasion import OccasionId

Kind = Literal["approval", "question", "session_share"]

SETTLES = timedelta(seconds=6)
"""How long a wait must hold: who sits before the terminal has answered by then, and a look may be seconds old.
"""
UNSURE_SETTLES = timedelta(seconds=12)
"""The same where a log alone says so: it may be a tool that runs."""


class WaitKind(Struct, frozen=True):
    """`status` is that of a session that waits so."""

    name: Kind
    setting: Setting[bool]
    status: Status


WAIT_KINDS: Mapping[Status, WaitKind] = {
    kind.status: kind
    for kind in (
        WaitKind("approval", settings.APPROVAL, "approval"),
        WaitKind("question", settings.QUESTION, "waiting"),
    )
}


class SessionOccasion(Struct, frozen=True, kw_only=True):
    """What holds of a session now. `ends` is when the window of a share is reset, None if unknown or for a
    wait.
    """

    kind: Kind
    session: LiveSession
    ends: datetime | None = None

    @property
    def id(self) -> OccasionId:
        """As for those of accounts, which none of these keys can be."""
        return self.kind, f"session:{self.session.key}", "weekly"


IsFocused = Callable[[LiveSession], bool | None]
"""Whether the person looks at the terminal of a session just now; None where nobody can tell. It may take a
moment, and does not raise. It is asked only of a session that has a notice due.
"""


def nobody_knows(_session: LiveSession) -> bool | None:
    return None


def settles(status: SessionStatus) -> timedelta:
    is_certain = status.evidence in ("hook", "program") or status.status == "waiting"
    return SETTLES if is_certain else UNSURE_SETTLES
