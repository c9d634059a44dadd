"""Notices on real servers, sent over the icon's own connection."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from PIL import Image, ImageChops

from tests.real.notice_servers import SERVERS, Server, Spy, check, opened
from tests.real.session import DEADLINE, Session, until
from tests.tray.desktop.linux.test_status_notifier import Running
from tests.tray.faces.published import ROOT
from tray.engine.notices.notice import Notice
from tray.view.rows import Action

SPENT = Notice(
    key="a1b2c3d4",
    kind="spent",
    title="Codex & <b>Claude</b>: the 5h limit is used up",
    body="Usable again at 15:00, <b>as & far</b> as is known.",
    urgency="critical",
    provider="codex",
)


@pytest.fixture(params=SERVERS, ids=lambda server: str(server.name))
def server(request: pytest.FixtureRequest, need: Callable[..., None]) -> Server:
    found: Server = request.param
    check(found, need)
    return found


@pytest.fixture
def desk(server: Server, tmp_path: Path) -> Iterator[Session]:
    with opened(server, tmp_path / "desk") as session:
        yield session
    assert session.left_behind() == []


@pytest.fixture
def running(desk: Any) -> Iterator[Running]:
    icon = Running(desk)
    yield icon
    icon.close()


def bare(server: Server, desk: Session) -> Image.Image:
    """The desktop without a notice: sway is black until it has drawn it, and shows the mouse for a moment."""
    if server.wayland:
        until(
            lambda: len(desk._look().getcolors() or []) == 1 and desk._look().getbbox(), "sway drew nothing"
        )
    return desk._look()


def bubble(desk: Session, empty: Image.Image) -> tuple[int, int, int, int] | None:
    """Where something is drawn that was not there."""
    time.sleep(0.1)
    return ImageChops.difference(empty, desk._look()).getbbox()


def drawn(desk: Session, empty: Image.Image) -> tuple[int, int, int, int]:
    return until(lambda: bubble(desk, empty), "no notice was drawn")


def test_show_replace_and_withdraw(server: Server, desk: Session, running: Running) -> None:
    empty = bare(server, desk)
    with Spy(desk.environ) as spy:
        running.icon.show_notice(SPENT)
        assert spy.next("Notify")[1] == 0
        drawn(desk, empty)
        running.icon.show_notice(replace(SPENT, title="Codex: usable again", urgency="normal"))
        id_ = spy.next("Notify")[1]
        assert id_ > 0, "the id that came back"
        time.sleep(0.3)
        running.icon.withdraw_notice(SPENT.key)
        assert spy.next("CloseNotification") == (id_,)
        assert spy.next("NotificationClosed") == (id_, 3)
    # notification-daemon 3.20 says so at once, and leaves it on the screen for some seconds.
    until(lambda: bubble(desk, empty) is None, "it is still there")
    assert running.chosen.empty()


def test_a_click_opens_the_page(server: Server, desk: Session, running: Running) -> None:
    empty = bare(server, desk)
    running.icon.show_notice(replace(SPENT, urgency="normal"))
    drawn(desk, empty)
    time.sleep(0.5)  # some slide in
    if server.invoke:
        subprocess.run(server.invoke, env=desk.environ, check=True, timeout=DEADLINE)
    else:
        _left, _upper, right, lower = drawn(desk, empty)
        desk.click(right - 60, lower - 30)  # the button, where there is one
    assert running.chosen.get(timeout=DEADLINE) == Action("open", "usage:codex")


@pytest.mark.parametrize(
    "server",
    [server for server in SERVERS if server.dismiss],
    ids=lambda server: str(server.name),
    indirect=True,
)
def test_a_dismissed_notice_is_shown_again_when_there_is_news(
    server: Server, desk: Session, running: Running
) -> None:
    with Spy(desk.environ) as spy:
        running.icon.show_notice(SPENT)
        spy.next("Notify")
        until(lambda: running.icon._notifications._slots[SPENT.key].id, "the server gave it no id")
        subprocess.run(server.dismiss, env=desk.environ, check=True, timeout=DEADLINE)
        spy.next("NotificationClosed")
        until(lambda: not running.icon._notifications._slots, "it is still taken for shown")
        running.icon.withdraw_notice(SPENT.key)
        running.icon.show_notice(SPENT)
        assert spy.next("Notify")[1] == 0


def test_a_notice_outlives_the_process_that_sent_it(server: Server, desk: Session) -> None:
    """As that of a guard's hook, which ends at once: it is drawn by `notice`, and stays for some seconds."""
    empty = bare(server, desk)
    document: dict[str, Any] = {"verdict": "stop", "provider": "codex"}
    document |= {"message": "Codex has 5 % left & <b>stops</b>."}
    document |= dict.fromkeys(("account", "window", "remaining_percent", "until"))
    with Spy(desk.environ) as spy:
        subprocess.run(
            [sys.executable, "-m", "tray.cli", "notice"],
            env=desk.environ | {"PYTHONPATH": str(ROOT)},
            input=json.dumps(document).encode(),
            check=True,
            timeout=DEADLINE,
        )
        asked = spy.next("Notify")
    assert asked[3:5] == ("Codex was stopped", "Codex has 5 % left &amp; &lt;b&gt;stops&lt;/b&gt;.")
    drawn(desk, empty)
    time.sleep(1)
    assert bubble(desk, empty) is not None


def test_a_click_on_that_of_a_session_asks_for_its_terminal(
    server: Server, desk: Session, running: Running
) -> None:
    empty = bare(server, desk)
    waits = Notice(
        key="session:a",
        kind="approval",
        title="cleaning waits for approval: Bash",
        body="Claude, since 12:57.",
        provider="claude",
        session_key="claude:~/.claude:a",
        can_show=True,
    )
    running.icon.show_notice(waits)
    drawn(desk, empty)
    time.sleep(0.5)
    if server.invoke:
        subprocess.run(server.invoke, env=desk.environ, check=True, timeout=DEADLINE)
    else:
        _left, _upper, right, lower = drawn(desk, empty)
        desk.click(right - 60, lower - 30)
    assert running.chosen.get(timeout=DEADLINE) == Action("front", "claude:~/.claude:a")
