from __future__ import annotations

import os
import sys
import time
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from providers.domain.limits import RateWindow, Sourced
from tests.fake_chatgpt import fake_chatgpt, says, usage_now
from tests.homes import make_home
from tests.tray.faces.published import Folder, until
from tray.engine import detached
from tray.engine.single_instance import SingleInstance
from tray.faces.bars import options as bars

TEXT = ("statusline", "--format", "text")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def week(folder: Folder, used: float) -> Sourced[RateWindow]:
    return folder.window(used, ident="weekly", title="Weekly", duration=timedelta(days=7))


class TestTheLine:
    def test_what_is_left_of_each_provider(self, folder: Folder) -> None:
        folder.publish(
            folder.account(folder.window(37), week(folder, 62.5)),
            folder.account(folder.window(99.5), provider="claude"),
        )
        assert folder.run(*TEXT) == "Codex 5h 63 % · Weekly 37 % left | Claude 5h < 1 % left\n"
        assert folder.run(*TEXT, "--provider", "claude") == "Claude 5h < 1 % left\n"

    def test_of_several_accounts_the_tightest(self, folder: Folder) -> None:
        folder.publish(folder.account(folder.window(37)), folder.account(folder.window(80)))
        assert folder.run(*TEXT) == "Codex 5h 20 % left\n"

    def test_a_block_and_its_end(self, folder: Folder) -> None:
        ends = folder.now + timedelta(minutes=1)
        folder.publish(folder.account(folder.window(100, resets_at=ends)), folder.account(folder.window(80)))
        assert folder.run(*TEXT).startswith("Codex 5h 0 % left · blocked until ")

    def test_what_has_refilled_since_is_not_known(self, folder: Folder) -> None:
        folder.publish(folder.account(folder.window(97, resets_at=folder.now - timedelta(seconds=1))))
        assert folder.run(*TEXT).startswith("Codex 5h –")

    def test_age_is_shown_where_it_matters(self, folder: Folder) -> None:
        folder.now -= timedelta(hours=1, seconds=5)
        folder.publish(folder.account(folder.window(40)))
        assert folder.run(*TEXT, "--max-age", "2h") == "Codex 5h 60 % left · updated 1 h ago\n"

    def test_names_of_others_stay_on_one_line(self, folder: Folder) -> None:
        folder.publish(folder.account(folder.window(40, title="5h\n\x1b[31m")))
        assert folder.run(*TEXT) == "Codex 5h  [31m 60 % left\n"

    @pytest.mark.parametrize("providers", [b"[1]", b'[{"windows": [1]}]', b'[{"windows": []}]'])
    def test_a_damaged_snapshot(self, folder: Folder, providers: bytes) -> None:
        folder.publish()
        content = b'{"schema": "tankful.snapshot/1", "generated_at": "2026-11-20T12:00:00Z", "providers": %b}'
        (folder.state / "snapshot.json").write_bytes(content % providers)
        (folder.state / "round.started").touch()  # lately enough
        assert folder.run(*TEXT) == "limits not known yet\n"

    def test_nothing_known(self, folder: Folder) -> None:
        folder.publish()
        assert folder.run(*TEXT) == "no limits\n"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("5m", 300), ("2h", 7200), ("1d", 86400), ("45", 45), ("0", 0), ("", None), ("m", None)]
    + [(text, None) for text in ("-1m", "5 minutes", "inf", "nan", "1e999")],
)
def test_ages(text: str, seconds: float | None) -> None:
    assert bars.age(text) == seconds


def test_it_loads_the_standard_library_alone(folder: Folder) -> None:
    folder.publish(folder.account(folder.window(40)))
    loaded = folder.loaded_by(*TEXT, printed="Codex 5h 60 % left\n")
    assert loaded <= {"providers", "tray", "__main__", *sys.stdlib_module_names}
    assert not loaded & {"pathlib", "typing", "argparse", "subprocess", "threading", "logging"}


class TestARoundInTheBackground:
    """Started where nobody owns the engine and the snapshot is old: the answer does not wait for it."""

    def test_a_bar_that_polls_gets_fresh_values_soon(self, folder: Folder) -> None:
        with fake_chatgpt() as server:
            server.answer = says(usage_now())
            make_home(folder.folder / "codex", base=server.base)
            assert folder.run(*TEXT) == "limits not known yet\n"
            until(lambda: "63 %" in folder.run(*TEXT), "no round was made")
            for _ in range(5):
                folder.run(*TEXT)
            until(lambda: not rounds(folder), "the round did not end")
            assert len(server.requests) == 1

    def test_at_most_one_a_minute_is_started(self, folder: Folder) -> None:
        now = time.time()
        os.makedirs(folder.state)
        marker = folder.state / "round.started"
        marker.touch()
        os.utime(marker, (now - 59, now - 59))
        assert not detached.start_round(str(folder.state), now)
        assert marker.stat().st_mtime == pytest.approx(now - 59)
        os.utime(marker, (now + 3600, now + 3600))  # by a clock that was ahead
        assert detached._is_first(str(marker), now)
        assert marker.stat().st_mtime == pytest.approx(now, abs=0.01)

    def test_none_is_started_while_somebody_owns_the_engine(self, folder: Folder) -> None:
        owner = SingleInstance(folder.state)
        assert owner.acquire()
        folder.publish(folder.account(folder.window(40)), at=folder.now - timedelta(hours=1))
        assert folder.run(*TEXT) == "Codex 5h 60 % left\n"
        assert not (folder.state / "round.started").exists()
        owner.release()

    def test_none_is_started_where_nothing_can_be_written(self, folder: Folder) -> None:
        (folder.folder / "own").write_text("in the way")
        assert folder.run(*TEXT) == "limits not known yet\n"

    def test_a_check_does_not_prevent_another_from_becoming_the_owner(self, folder: Folder) -> None:
        os.makedirs(folder.state)
        for _ in range(50):
            assert not detached.is_owned(str(folder.state))
            owner = SingleInstance(folder.state)
            assert owner.acquire()
            assert detached.is_owned(str(folder.state))
            owner.release()


def rounds(folder: Folder) -> list[int]:
    """The processes of rounds that were started for this folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cmdline()[-1:] == ["round"] and process.environ().get("HOME") == str(folder.folder):
                found.append(process.pid)
        except (psutil.Error, OSError):
            continue
    return found
