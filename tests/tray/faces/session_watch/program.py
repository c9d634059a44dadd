"""Shows the looks that a file has one after another, as `tankful sessions --watch` does.

`python -m tests.tray.faces.session_watch.program FILE`: it has the document of a look.
"""

from __future__ import annotations

import fcntl
import json
import sys
import termios
from pathlib import Path

from providers.domain.live import SessionsLook
from tests.tray.view.sessions.sample import HOMES, TITLES
from tray.engine.live.document import look_of
from tray.faces.session_watch import watch
from tray.view.sessions import table


def main(file: Path) -> None:
    """It takes the terminal of its stdin first, as a shell would give it to a job."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def look() -> SessionsLook:
        return look_of(json.loads(file.read_text()))

    watch.in_place(
        look,
        lambda found, paper, height: table.text(found, TITLES, HOMES, paper, height),
        sys.stdout,
        styled=False,
        every=0.1,
    )
    print("ended")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
