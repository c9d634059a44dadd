"""How far a count is, on a terminal, and why nothing was counted."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tray.engine.scope import Scope


@contextmanager
def counting() -> Iterator[Callable[[float], None]]:
    """A bar on the terminal while logs are read, and nothing in a pipe."""
    from tray.view.terminal import obeys_codes

    redraws = obeys_codes(os.environ, sys.stderr)
    drawn = False

    def draw(share: float) -> None:
        nonlocal drawn
        if redraws:
            from tray.view import format as fmt

            drawn = True
            sys.stderr.write(f"\rcounting  {fmt.bar(share * 100)}  {fmt.done(share)} ")
            sys.stderr.flush()

    try:
        yield draw
    finally:
        if drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def why_nothing(scope: Scope, provider: str | None) -> str | None:
    """Why there are no logs; None where the folders are there, and a problem with them was reported before."""
    homes = scope.homes(provider)
    if not homes:
        return "no logs: every selected provider is switched off in settings.toml."
    missing = [home.label for home in homes if not os.path.isdir(home.path)]
    if not missing:
        return None
    return f"no logs found: {', '.join(missing)} {'does' if len(missing) == 1 else 'do'} not exist."
