"""What every command has to do with: exit codes, messages to the person, their scope."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # as in `main`
if TYPE_CHECKING:
    from tray.engine.scope import Scope

OK, NOTHING_READ, BAD_ARGUMENTS = 0, 1, 64


class BadArgument(ValueError):
    """Arguments that cannot be meant; str() is a sentence."""


def tell(text: str) -> None:
    """A message for the person, on stderr; where that is closed, nobody wants it."""
    if sys.stderr is not None:
        from contextlib import suppress  # 3 ms, which most runs need not spend

        with suppress(OSError):
            sys.stderr.write(f"tankful: {text}\n")


def chosen(what: str, given: str, every: str, ids: tuple[str, ...]) -> str | None:
    """None for all of them; raises BadArgument for one that there is not."""
    if given == every:
        return None
    if given not in ids:
        raise BadArgument(f"unknown {what} {given!r}; choose from {', '.join((*ids, every))}")
    return given


def open_scope() -> Scope:
    """That of the person who runs this; settings that are not valid are reported on stderr."""
    scope = make_scope()
    if problem := scope.settings().problem:
        tell(problem)
    return scope


def make_scope() -> Scope:
    """The same without a word on the settings."""
    from providers.host.files import own_folders
    from tray.engine.scope import Scope
    from tray.engine.zones import local_zone

    return Scope(os.environ, own_folders(os.environ), local_zone())
