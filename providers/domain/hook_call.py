"""What a CLI's hook was called for, and what a guard answers: plain objects for a fast path, without imports.

`providers/<id>/hook.py` speaks the protocol of each CLI:

    HOME_VARIABLE, USUAL_HOME      whose limits its sessions use up
    CAN_REFUSE                     whether `--refuse-calls` means something
    read(sent, environ)            the HookCall in the JSON on stdin, None where there is none
    stop(call, text, refuse)       the HookAnswer that stops here cleanly, None where nothing does
    warn(call, text, urgent)       the HookAnswer that says so and stops nothing, None where none can
    shows_reasons(call, environ, parents)   whether the program shows a person what `stop` and `warn` say
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from typing import Any


class HookCall:
    """`turn` is the id of the person's prompt within the session, "" where the CLI names none; `agent` whether a
    subagent works; `model` the model it works with, "" if not named; `notification` whether the prompt is the
    program's own.
    """

    __slots__ = ("agent", "event", "model", "notification", "session", "turn")

    def __init__(
        self,
        event: str,
        session: str = "",
        turn: str = "",
        *,
        agent: bool = False,
        model: str = "",
        notification: bool = False,
    ) -> None:
        self.event = event
        self.session = session
        self.turn = turn
        self.agent = agent
        self.model = model
        self.notification = notification


class HookAnswer:
    """`output` is the JSON for stdout; `always_seen` where it is shown also without a screen."""

    __slots__ = ("always_seen", "output")

    def __init__(self, output: dict[str, Any], *, always_seen: bool = False) -> None:
        self.output = output
        self.always_seen = always_seen


def text_of(sent: dict[str, Any], member: str) -> str:
    """A member that should be text, "" where it is none."""
    value = sent.get(member)
    return value if isinstance(value, str) else ""
