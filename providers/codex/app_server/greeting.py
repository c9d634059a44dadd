"""How `codex app-server` is started and greeted.

Facts (0.45-0.171): all of them accept `-a never`; 0.45 has no account methods; up to 0.42 the arguments would
start a session. When its stdin is closed it exits, in 30 ms.
"""

from __future__ import annotations

from datetime import datetime

from providers.codex.program import PAUSE
from providers.domain.errors import NotUnderstood, TimedOut
from providers.host.files import short
from providers.host.locate.find import Program
from providers.host.process.jsonrpc import Conversation, Ended, RpcRefused
from providers.version import version

ARGUMENTS = ("-s", "read-only", "-a", "never", "app-server")
OLDEST = (0, 45, 0)
GRACE_SECONDS = 1.0
LAST_SECONDS = 2 * GRACE_SECONDS + 0.5
"""How long its exit may take."""
LOOK = "Run `codex` once to see why. If that does not help, update it."


def greet(talk: Conversation, program: Program, now: datetime, until: float) -> None:
    """Raises NotUnderstood for a program that does not even start: it is not retried for a while."""
    about = {"name": "tankful", "title": "tankful", "version": version()}
    try:
        asked = talk.ask("initialize", {"clientInfo": about})
        talk.answer(asked, until)
        talk.notify("initialized")
    except (TimedOut, Ended, RpcRefused) as error:
        silent = isinstance(error, TimedOut)
        raise NotUnderstood(
            f"{short(program.path)} app-server {'does not respond' if silent else 'does not start'}.",
            remedy=LOOK,
            retry_at=now + PAUSE,
        ) from None
