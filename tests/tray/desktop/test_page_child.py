"""The page beside the tray: opened by clicks, gone with the tray, and with the last tab."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import Queue
from urllib.request import HTTPCookieProcessor, build_opener

import psutil
import pytest

from tests.tray.desktop.test_app import until
from tray.desktop.opener import CannotOpen
from tray.desktop.page_child import NOT_STARTED, PageChild

BROWSER = '#!/bin/sh\nprintf \'%s\\n\' "$1" >> "$OPENED"\n'


class Desk:
    """A desktop whose browser notes what it is to open, and a page for it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.opened = folder, folder / "opened"
        (folder / "bin").mkdir()
        browser = folder / "bin/xdg-open"
        browser.write_text(BROWSER)
        browser.chmod(0o755)
        self.environ = {
            "HOME": str(folder),
            "TANKFUL_HOME": str(folder / "own"),
            "PATH": f"{folder / 'bin'}:/usr/bin:/bin",
            "OPENED": str(self.opened),
            "TANKFUL_DASHBOARD_PORT": "47865",
        }
        self.failures: Queue[str] = Queue()
        self.page = PageChild(self.environ, self.failures.put)

    def addresses(self) -> list[str]:
        return self.opened.read_text().split() if self.opened.exists() else []

    def processes(self) -> list[psutil.Process]:
        found = []
        for each in psutil.Process().children():
            with suppress(psutil.ZombieProcess, psutil.NoSuchProcess):
                found += [each] if "--for-tray" in each.cmdline() else []
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    before = {each.pid for each in made.processes()}
    yield made
    made.page.close()
    until(lambda: {each.pid for each in made.processes()} <= before)


@pytest.mark.skipif(sys.platform != "linux", reason="xdg-open")
def test_a_click_opens_the_page_and_another_one_the_same(desk: Desk) -> None:
    desk.page.open()
    until(lambda: len(desk.addresses()) == 1)
    desk.page.open()
    until(lambda: len(desk.addresses()) == 2)
    first, second = desk.addresses()
    assert first.partition("?")[0] == second.partition("?")[0]
    assert first != second
    (process,) = desk.processes()
    assert "token" not in " ".join(process.cmdline())
    with build_opener(HTTPCookieProcessor()).open(first, timeout=10) as answer:
        assert b"<main" in answer.read()
    desk.page.close()
    until(lambda: not desk.processes())
    assert desk.failures.empty()


@pytest.mark.skipif(sys.platform != "linux", reason="xdg-open")
def test_a_page_that_was_killed_is_started_again(desk: Desk) -> None:
    desk.page.open()
    until(lambda: len(desk.addresses()) == 1)
    (process,) = desk.processes()
    process.kill()
    until(lambda: not desk.processes())
    desk.page.open()
    until(lambda: len(desk.addresses()) == 2)


@pytest.mark.skipif(sys.platform != "linux", reason="xdg-open")
def test_a_browser_that_does_not_open_is_reported(desk: Desk) -> None:
    (desk.folder / "bin/xdg-open").write_text("#!/bin/sh\nexit 3\n")
    desk.page.open()
    assert desk.failures.get(timeout=10).startswith("No browser could be opened. Run `tankful dashboard`")


def child_of(code: str, **more: float) -> PageChild:
    return PageChild({}, lambda _sentence: None, (sys.executable, "-c", code), **more)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("print('failed All ports are in use.')", "All ports are in use."),
        ("raise SystemExit(1)", NOT_STARTED),
        ("print('what is this')", NOT_STARTED),
        ("print('failed')", NOT_STARTED),
    ],
)
def test_what_hinders_it_is_reported(code: str, sentence: str) -> None:
    with pytest.raises(CannotOpen) as raised:
        child_of(code).open()
    assert str(raised.value) == sentence


def test_one_that_says_nothing_is_killed_and_one_that_is_not_there_reported() -> None:
    with pytest.raises(CannotOpen):
        child_of("input()", start_seconds=0.2).open()
    with pytest.raises(CannotOpen):
        PageChild({}, lambda _sentence: None, ("/nothing/here",)).open()
    until(lambda: not [each for each in threading.enumerate() if each.name == "page"])


DEAF = "import time; print('ready', flush=True); time.sleep(60)"


def test_one_that_does_not_answer_any_more_is_killed_and_another_started() -> None:
    page = child_of(DEAF, start_seconds=4)
    page.open()
    first = page._process
    page.open()
    assert first is not None
    assert first.wait(10) != 0
    assert page._process not in (None, first)
    page.close()


def test_the_tray_ends_also_while_a_page_is_starting() -> None:
    page, failures = child_of("import time; time.sleep(60)", start_seconds=60), Queue[str]()

    def open_page() -> None:
        try:
            page.open()
        except CannotOpen as error:
            failures.put(str(error))

    opening = threading.Thread(target=open_page)
    opening.start()
    until(lambda: page._last_started is not None)
    page.close()
    opening.join(10)
    assert failures.get(timeout=10) == NOT_STARTED
    open_page()
    assert failures.get(timeout=10) == NOT_STARTED
