"""`tankful hook --for ID`: what a session is doing, recorded from its CLI's hook. Prints nothing, and always ends
with 0: nothing that goes wrong here may cost a turn.

Only status, tool name, time and process are recorded (`tray.engine.live.hook_records`). The CLI waits for it: the
standard library alone, and little of it.
"""

from __future__ import annotations

import os
import time

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

OK = 0
OPTION = "--for"
_PARENTS = 4


def answer(arguments: list[str]) -> int | None:
    """The fast path of the command; passes on what is not certainly right."""
    if len(arguments) == 1 and arguments[0].startswith(f"{OPTION}="):
        arguments = [OPTION, arguments[0].partition("=")[2]]
    if len(arguments) != 2 or arguments[0] != OPTION:
        return None
    return run(arguments[1])


def run(provider: str, environ: Mapping[str, str] = os.environ) -> int | None:
    """None where this provider has no such hook. The deadline comes first: on a disk that hangs, so does an
    import.
    """
    from tray.faces import deadline

    deadline.exit_after(deadline.SECONDS, lambda: None)
    protocol = protocol_of(provider)
    if protocol is None:
        return None
    try:
        _record(provider, protocol, environ, time.time())
    except Exception as error:  # noqa: BLE001 - a fault of ours must not cost a turn
        _log(provider, error, environ)
    return OK


def protocol_of(ident: str) -> ModuleType | None:
    """`providers/<ident>/session_hook.py`, None where there is none."""
    from tray.faces.hook_protocol import hook_protocol

    return hook_protocol(ident, "session_hook")


def _record(provider: str, protocol: ModuleType, environ: Mapping[str, str], now: float) -> None:
    """Raises OSError where nothing can be written."""
    from providers.host.state_folder import is_trusted, state_folder
    from tray.engine.live import hook_records
    from tray.faces.hook_input import read_input

    sent = read_input()  # in any case: a CLI that writes it may fail on a closed pipe
    found = protocol.read(sent)
    if found is None or len(found.session) > hook_records.LONGEST_SESSION or not is_trusted(environ):
        return
    pid = protocol.process(environ, parents())
    try:  # noqa: SIM105 - contextlib takes its time
        hook_records.write(state_folder(environ), provider, found, pid, now)
    except OSError:  # a full or read-only disk, or a folder that was removed: there is no log either
        pass


def parents() -> list[tuple[int, str]]:
    """The pids and names of the processes above us, the nearest first; none where only a library could tell."""
    found: list[tuple[int, str]] = []
    pid = os.getppid()
    try:
        while pid > 1 and len(found) < _PARENTS:
            with open(f"/proc/{pid}/stat", "rb") as file:
                above, _, rest = file.read(4096).partition(b" (")
                name, _, fields = rest.rpartition(b") ")
            found.append((int(above), name.decode(errors="replace")))
            pid = int(fields.split()[1])
    except (OSError, ValueError, IndexError):
        pass
    return found


def _log(provider: str, error: Exception, environ: Mapping[str, str]) -> None:
    """Once a day, where it can be noted that it was."""
    from providers.host.faults import own_place
    from providers.host.state_folder import is_trusted, state_folder
    from tray.engine import brief_log, hook_marks

    text = f"{provider} session hook: internal error ({type(error).__name__} at {own_place(error)})"
    try:
        if is_trusted(environ) and hook_marks.is_first(state_folder(environ), "fault", text):
            brief_log.append(state_folder(environ), "ERROR", text, time.time())
    except OSError:
        pass
