"""`tankful sessions open`: brings a session's terminal to the front, or copies the command that resumes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tray.cli.console import NOTHING_READ, OK, BadArgument, tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from providers.domain.live import LiveSession, SessionsLook
    from tray.desktop.clipboard import Clipboard
    from tray.desktop.terminals.front import FoundTerminal
    from tray.engine.scope import Scope

_MOST_NAMED = 5


def run(
    name: str,
    look: SessionsLook,
    scope: Scope,
    *,
    bring: Callable[[LiveSession], FoundTerminal] | None = None,
    copy: Callable[[str], bool] | None = None,
) -> int:
    """Does nothing to the session itself. Raises BadArgument where several sessions may be meant."""
    from tray.desktop.terminals.front import bring_to_front

    session = _meant(name, look)
    if session is None:
        for problem in look.problems:
            tell(problem)
        tell(f"there is no live session {name!r}. `tankful sessions` lists all.")
        return NOTHING_READ
    found = (bring or bring_to_front)(session)
    if found.names:
        tell(found.sentence)
        return OK
    return _offer(session, found, scope, copy or _copier(scope))


def _offer(session: LiveSession, found: FoundTerminal, scope: Scope, copy: Callable[[str], bool]) -> int:
    """The command that shows it, or resumes it."""
    import shlex

    from tray.view import output
    from tray.view.sessions.resume_command import resume_command

    command = shlex.join(found.attach) if found.attach else resume_command(session, scope)
    if command is None:
        tell("its terminal cannot be brought to the front, and no command resumes a session of its home.")
        return NOTHING_READ
    reason = "no terminal shows it" if found.attach else "its terminal cannot be brought to the front"
    does = "shows" if found.attach else "resumes"
    tell(
        f"{reason}. "
        + (f"Copied the command that {does} it:" if copy(command) else f"This command {does} it:")
    )
    output.emit(command)
    return OK


def _meant(name: str, look: SessionsLook) -> LiveSession | None:
    from tray.view.sessions import choose, words

    found = choose.named(look, name)
    if len(found) > 1:
        digits = words.id_length(look)
        ids = [f"{each.id[:digits]} ({words.project(each)}, {words.status(each)})" for each in found]
        raise BadArgument(f"{name!r} may be {words.either(ids[:_MOST_NAMED])}; name one of these ids")
    return found[0] if found else None


def _copier(scope: Scope) -> Callable[[str], bool]:
    from tray.desktop.clipboard import CannotCopy, find_clipboard
    from tray.desktop.launcher import Launcher

    clipboard: Clipboard | None = find_clipboard(scope.environ, Launcher(scope.environ))

    def copy(text: str) -> bool:
        if clipboard is None:
            return False
        try:
            clipboard.copy(text)
        except CannotCopy:
            return False
        return True

    return copy
