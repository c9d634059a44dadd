"""`tankful sessions`: what it prints, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from argparse import Namespace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from providers.domain.live import LiveSession, SessionsLook
from providers.host.files import own_folders
from tests.programs import ROOT, started
from tests.tray.cli.test_dashboard import environ
from tests.tray.view.sessions.sample import APPROVAL, DONE, FULL, IDLE, NOW, QUESTION
from tray.cli import sessions, sessions_open
from tray.cli.console import BadArgument
from tray.desktop.terminals.front import FoundTerminal
from tray.engine.live.document import as_document
from tray.engine.live.feed import SessionFeed
from tray.engine.live.shared import FILE, SharedLook
from tray.engine.scope import Scope

SECONDS = 60.0


@pytest.fixture
def scope(tmp_path: Path) -> Scope:
    own = {
        "TANKFUL_HOME": str(tmp_path / "own"),
        "HOME": str(tmp_path),
        "CODEX_HOME": str(tmp_path / ".codex"),
    }
    return Scope(own, own_folders(own), ZoneInfo("UTC"), clock=lambda: NOW)


def shown(scope: Scope, look: SessionsLook, **options: object) -> int:
    chosen = {"action": "list", "provider": "all", "json": False, "watch": False, **options}
    return sessions.show(
        Namespace(**chosen), scope, SessionFeed(scope.folders.state, lambda: look, lambda: NOW)
    )


def test_the_table_and_problems_apart(scope: Scope, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(scope, replace(FULL, problems=("git is missing.",))) == 0
    out, errors = capsys.readouterr()
    assert out.startswith("2 sessions wait for you (1 approval, 1 question), ")
    assert "git is missing" not in out
    assert errors == "tankful: git is missing.\n"


def test_what_a_watch_left_that_was_killed_is_removed(scope: Scope) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    scope.folders.state.mkdir(parents=True)
    SharedLook(scope.folders.state, ended.pid).write(FULL)
    assert shown(scope, FULL) == 0
    assert not (scope.folders.state / FILE).exists()


def test_json_is_the_document(scope: Scope, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(scope, FULL, json=True) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(as_document(FULL)))


def test_one_provider_alone(scope: Scope, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(scope, FULL, json=True, provider="codex") == 0
    found = json.loads(capsys.readouterr().out)
    assert {each["provider"] for each in found["sessions"]} == {"codex"}
    assert len(found["sessions"]) == 4
    assert [each["name"] for each in found["mcp_servers"]] == ["github", "postgres", "codex mcp-server"]
    with pytest.raises(BadArgument, match="unknown provider 'x'; choose from codex, claude, all"):
        shown(scope, FULL, provider="x")


def test_no_session_is_no_error_but_a_failed_look_is(
    scope: Scope, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shown(scope, SessionsLook(at=NOW)) == 0
    assert capsys.readouterr().out.startswith("No live sessions: nothing of Codex or Claude is running")
    assert shown(scope, SessionsLook(at=NOW, problems=("It failed.",))) == 1
    out, errors = capsys.readouterr()
    assert out == "No live sessions were found, but not everything could be looked at.\n"
    assert errors == "tankful: It failed.\n"


def test_where_all_are_switched_off_there_is_nothing_to_show(
    scope: Scope, capsys: pytest.CaptureFixture[str]
) -> None:
    scope.settings_file.parent.mkdir(parents=True, exist_ok=True)
    scope.settings_file.write_text("[providers]\ncodex.enabled = false\nclaude.enabled = false\n")
    assert shown(scope, SessionsLook(at=NOW)) == 1
    assert capsys.readouterr().err.startswith("tankful: no sessions to show: every selected provider")


def nowhere(_session: LiveSession) -> FoundTerminal:
    return FoundTerminal()


class Copied:
    def __init__(self, *, works: bool = True) -> None:
        self.text: str | None = None
        self._works = works

    def __call__(self, text: str) -> bool:
        self.text = text
        return self._works


@pytest.mark.parametrize("name", [QUESTION.id, "7c0e4f7e", "7C0E", "billing-and-invoicing"])
def test_open_takes_an_id_how_it_begins_or_a_project(
    name: str, scope: Scope, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = Copied()
    look = replace(FULL, sessions=tuple(replace(each, cwd=None) for each in FULL.sessions))
    assert sessions_open.run(name, look, scope, bring=nowhere, copy=copy) == 0
    out, errors = capsys.readouterr()
    assert out == f"claude --resume {QUESTION.id}\n"
    assert copy.text == out.strip()
    assert errors.endswith("front. Copied the command that resumes it:\n")


@pytest.mark.parametrize(
    ("found", "sentence", "printed"),
    [
        (
            FoundTerminal(names=("tmux", "kitty"), is_raised=True),
            "at the front now, in tmux inside kitty.",
            "",
        ),
        (FoundTerminal(names=("tmux",)), "selected in tmux; the window around", ""),
        (
            FoundTerminal(attach=("tmux", "-S", "/tmp/a b", "attach", "-t", "$1")),
            "no terminal shows it. Copied the command that shows it:",
            "tmux -S '/tmp/a b' attach -t '$1'\n",
        ),
    ],
)
def test_open_tells_what_it_did(
    found: FoundTerminal, sentence: str, printed: str, scope: Scope, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []

    def bring(session: LiveSession) -> FoundTerminal:
        asked.append(session.id)
        return found

    assert sessions_open.run("7c0e4f7e", FULL, scope, bring=bring, copy=Copied()) == 0
    out, errors = capsys.readouterr()
    assert asked == [QUESTION.id]
    assert sentence in errors
    assert out == printed


def test_without_a_clipboard_the_command_is_printed(scope: Scope, capsys: pytest.CaptureFixture[str]) -> None:
    assert sessions_open.run("7c0e4f7e", FULL, scope, bring=nowhere, copy=Copied(works=False)) == 0
    out, errors = capsys.readouterr()
    assert QUESTION.id in out
    assert errors.endswith("This command resumes it:\n")


@pytest.mark.parametrize("name", ["tankful", "019abc4"])
def test_a_name_of_several_sessions_is_refused(name: str, scope: Scope) -> None:
    with pytest.raises(BadArgument, match=r"may be 019abc40 \(tankful, approval: Bash\)(,| or) "):
        sessions_open.run(name, FULL, scope, bring=nowhere, copy=Copied())


@pytest.mark.parametrize("name", ["nothing", "", " "])
def test_an_unknown_session_is_an_error(name: str, scope: Scope, capsys: pytest.CaptureFixture[str]) -> None:
    assert sessions_open.run(name, FULL, scope, bring=nowhere, copy=Copied()) == 1
    assert f"there is no live session {name!r}" in capsys.readouterr().err


def test_a_session_of_an_unknown_home_cannot_be_resumed(
    scope: Scope, capsys: pytest.CaptureFixture[str]
) -> None:
    look = SessionsLook(at=NOW, sessions=(replace(IDLE, home="~/elsewhere"),))
    copy = Copied()
    assert sessions_open.run(IDLE.id, look, scope, bring=nowhere, copy=copy) == 1
    assert copy.text is None
    assert "no command resumes" in capsys.readouterr().err


def test_watch_in_a_pipe_ends_with_its_reader_or_a_signal_and_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tray.cli", "sessions", "--watch", "--json"]
    (tmp_path / "codex").mkdir()
    for end in ("reader", "signal"):
        with started(
            command,
            text=True,
            cwd=ROOT,
            env=environ(tmp_path),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            first = json.loads(process.stdout.readline())
            assert (first["schema"], first["sessions"]) == ("tankful.sessions/1", [])
            assert os.path.exists(tmp_path / "own/state/sessions.json")
            if end == "reader":
                process.stdout.close()
            else:
                process.send_signal(signal.SIGTERM)
            assert process.wait(SECONDS) == 0
            assert process.stderr is not None
            assert process.stderr.read() == ""
        assert not os.path.exists(tmp_path / "own/state/sessions.json")


def test_watch_writes_a_block_for_each_change(tmp_path: Path, scope: Scope) -> None:
    """With other times, memory and rates alone, it is the same."""
    from tray.faces.session_watch import watch

    same = replace(
        FULL, at=FULL.at.replace(second=9), sessions=tuple(replace(each, rss=1) for each in FULL.sessions)
    )
    looks = iter([FULL, same, replace(FULL, sessions=(APPROVAL,)), replace(FULL, sessions=(DONE,))])
    written: list[SessionsLook] = []

    def look() -> SessionsLook:
        if (found := next(looks, None)) is None:
            raise KeyboardInterrupt
        return found

    began = time.monotonic()
    watch.on_changes(look, written.append, None, every=0.01)
    assert time.monotonic() - began < SECONDS
    assert [len(each.sessions) for each in written] == [len(FULL.sessions), 1, 1]
