"""The processes of real sessions: who has which, on which ports, and what is left when a session is killed."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from providers.domain.live import ChildProcess, LiveSession, OrphanProcess, SessionsLook
from tests.real.live_claude import RUN
from tests.real.live_codex import DEFAULT, Watch, live_codex, runs, until
from tests.real.test_app_server import NEWEST
from tests.real.test_live_claude import person

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the processes of Linux")

Cli = Callable[[str, str], Path]

SERVER = """import pathlib, socket, sys, time
listener = socket.create_server(("127.0.0.1", 0))
pathlib.Path("port-" + sys.argv[-1]).write_text(str(listener.getsockname()[1]))
while not pathlib.Path("over").exists():
    time.sleep(0.02)
"""
ASKS, FREE = ('"on-request"', '"workspace-write"'), ('"never"', '"danger-full-access"')


def listening(session: LiveSession | None) -> list[ChildProcess]:
    return [each for each in session.children if each.ports] if session else []


def orphans(watch: Watch) -> list[OrphanProcess]:
    return [*watch.seen[-1].look.orphans]


def shown_in(look: SessionsLook) -> list[ChildProcess]:
    return [each for session in look.sessions for each in session.children]


def port_of(work: Path, name: str) -> int:
    return int((work / f"port-{name}").read_text())


def test_two_terminals_of_one_daemon_keep_theirs(cli: Cli, tmp_path: Path) -> None:
    """Also what left its parent; and that is left when the daemon was killed."""
    script = {
        "one": [runs("python3 server.py --token hunter2 one", "c1", DEFAULT)],
        "two": [runs("setsid python3 server.py two </dev/null >/dev/null 2>&1 & sleep 1", "c2", DEFAULT)],
    }
    with live_codex(cli("@openai/codex", NEWEST), tmp_path / "person", script) as codex:
        work = codex.person.work
        (work / "server.py").write_text(SERVER)
        config = codex.home / "config.toml"
        for asks, free in zip(ASKS, FREE, strict=True):
            config.write_text(config.read_text().replace(asks, free))
        watch = Watch(codex.home)
        with watch.watching(), codex.terminal() as first, codex.terminal() as second:
            first.enters("[[one]] please")
            first.until(lambda: any(map(listening, watch.sessions)), "nothing listens")
            second.enters("[[two]] please")
            second.until(lambda: [*map(bool, map(listening, watch.sessions))] == [True, True], "one listens")
            by_name = {
                name: next(
                    (each, child)
                    for each in watch.sessions
                    for child in listening(each)
                    if child.ports == (port_of(work, name),)
                )
                for name in ("one", "two")
            }
            (one, its), (two, other) = by_name["one"], by_name["two"]
            assert one.id != two.id
            assert one.pid == two.pid
            assert its.command == "python3 server.py --token [redacted] one"
            assert other.command == "python3 server.py two"
            assert psutil.Process(other.pid).parent().pid != one.pid  # type: ignore[union-attr]
            assert its.rss == pytest.approx(psutil.Process(its.pid).memory_info().rss, rel=0.2)
            shown = {child.pid for each in watch.sessions for child in each.children}
            assert not shown & {each.pid for each in codex.programs()}
            assert orphans(watch) == []

            assert one.pid is not None
            psutil.Process(one.pid).send_signal(signal.SIGKILL)
            # The one that it still waited for ends with its terminal.
            until(lambda: [each.pid for each in orphans(watch)] == [other.pid], "none is left")
            (left,) = orphans(watch)
            assert (left.session, left.ports, left.command) == (two.id, other.ports, other.command)
            (work / "over").touch()
            until(lambda: orphans(watch) == [], "they ended")


def test_what_a_killed_claude_leaves_behind(cli: Cli, tmp_path: Path) -> None:
    with person(cli, tmp_path) as dev, dev.screen() as screen:
        (dev.claude.work / "wait.py").write_text(SERVER)
        dev.sees(screen, "idle")
        screen.enters(RUN)
        screen.until(lambda: bool(listening(dev.seen.session())), f"{dev.seen.now}")
        (server,) = listening(dev.one)
        assert server.command == "python3 wait.py"
        assert server.ports == (port_of(dev.claude.work, "wait.py"),)
        # Its shell only waits for it; while there was no child of it, it was shown by what it runs.
        shell = psutil.Process(server.pid).ppid()
        assert shell not in {each.pid for each in dev.one.children}
        commands = {each.pid: each.command for seen in dev.seen.looks for each in shown_in(seen[2])}
        assert commands.get(shell, server.command) == server.command
        session, pid = dev.one.id, dev.one.pid
        assert pid is not None
        psutil.Process(pid).kill()
        until(lambda: bool(dev.seen.now.orphans), f"{dev.seen.now}")
        (left,) = dev.seen.now.orphans
        assert (left.pid, left.session, left.ports) == (server.pid, session, server.ports)
        (dev.claude.work / "over").touch()
        until(lambda: dev.seen.now.orphans == (), "it ended")
