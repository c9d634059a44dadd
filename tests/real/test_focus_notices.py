"""The tray as a person starts it, on a display with a notification server: a session that waits has one notice,
none while its terminal has focus, and none once it is answered.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty

import pytest

from tests.programs import ROOT
from tests.real.panel import until
from tests.real.test_terminals import PROGRAMS, Terminals, desktop
from tests.tray.desktop.fake_notices import NoticeServer
from tests.tray.desktop.fake_watcher import Panel
from tray.engine.notices.sessions.kinds import SETTLES

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="X11")
SOON = 30.0
LONGER = 2 * SETTLES.total_seconds()
"""Than a wait takes to have a notice."""


class Desk:
    """A tray, and an xterm in which something runs that looks like Claude Code."""

    def __init__(self, terminals: Terminals, notices: NoticeServer, folder: Path) -> None:
        self.terminals = terminals
        self._notices = notices
        self._home = folder / "claude"
        (self._home / "sessions").mkdir(parents=True)
        (self._home / "projects").mkdir()
        self._program = folder / "bin/claude"
        self._program.parent.mkdir()
        shutil.copy(shutil.which("sleep") or "", self._program)
        terminals.panel.environ |= {
            "CLAUDE_CONFIG_DIR": str(self._home),
            "CODEX_HOME": str(folder / "none"),
            "TANKFUL_HOME": str(folder / "own"),
        }

    def xterm(self) -> str:
        started = f"{self.terminals.program('one').partition(';')[0]}; exec {self._program} 600"
        window = self.terminals.xterm("one", "sh", "-c", started)
        self.reports("busy")
        return window

    def reports(self, status: str, waits_for: str | None = None) -> None:
        """What Claude Code writes of itself from now on."""
        pid, now = self.terminals.session("one").pid, int(time.time() * 1000)
        record = {
            "pid": pid,
            "sessionId": "0f0e5d7c-1111-4222-8333-000000000001",
            "cwd": "/",
            "startedAt": now,
            "procStart": Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19],
            "version": "2.1.332",
            "kind": "interactive",
            "entrypoint": "cli",
            "status": status,
            "statusUpdatedAt": now,
            **({"waitingFor": waits_for} if waits_for else {}),
        }
        (self._home / "sessions" / f"{pid}.json").write_text(json.dumps(record))

    def asks(self) -> None:
        self.reports("waiting", "permission prompt")

    def notice(self) -> str:
        asked = self._notices.shown.get(timeout=SOON)
        return str(asked.title)

    def has_no_notice(self) -> bool:
        try:
            self._notices.shown.get(timeout=LONGER)
        except Empty:
            return True
        return False

    def is_withdrawn(self) -> bool:
        return self._notices.closed.get(timeout=SOON) == 1


@contextmanager
def desk(folder: Path) -> Iterator[Desk]:
    with desktop(folder) as terminals:
        panel, notices = Panel(terminals.panel.environ), NoticeServer(terminals.panel.environ)
        try:
            panel.start_watching()
            found = Desk(terminals, notices, folder)
            tray = terminals.panel.start(sys.executable, "-m", "tray.cli", "--tray", cwd=ROOT)
            panel.wait_for_item()
            until((folder / "own/state/snapshot.json").exists, "nothing was published")
            yield found
            tray.stop()
        finally:
            notices.close()
            panel.close()


def test_it_is_shown_once_and_withdrawn_when_it_is_answered(
    tmp_path: Path, need: Callable[..., None]
) -> None:
    need(*PROGRAMS)
    with desk(tmp_path) as found:
        found.xterm()
        found.terminals.until_active(found.terminals.xterm("other"))
        found.asks()
        assert found.notice().endswith(" waits for approval")
        assert found.has_no_notice(), "it was repeated"
        found.reports("busy")
        assert found.is_withdrawn()
        assert found.has_no_notice()


def test_it_is_held_back_while_its_terminal_has_focus(tmp_path: Path, need: Callable[..., None]) -> None:
    need(*PROGRAMS)
    with desk(tmp_path) as found:
        window = found.xterm()
        found.terminals.until_active(window)
        found.asks()
        assert found.has_no_notice()
        found.terminals.until_active(found.terminals.xterm("other"))
        assert found.notice().endswith(" waits for approval")
        found.terminals.panel._run("xdotool", "windowactivate", window)
        found.terminals.until_active(window)
        found.reports("busy")
        assert found.is_withdrawn()
        found.asks()
        found.reports("busy")
        assert found.has_no_notice(), "it was answered at once"
