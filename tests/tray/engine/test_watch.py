from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from providers.source import Home, Provider
from tests.fake_provider import fake_provider, make_fake_home
from tray.engine.settings import Settings
from tray.engine.watch import Changes, DiskWatch, Watched

SETTINGS = Settings(problem="Line 2 is wrong.")


class Logs:
    """The recent logs of each home, as a test says; or a disk that cannot be read."""

    def __init__(self) -> None:
        self.recent: dict[str, tuple[str, ...]] = {}
        self.fault: OSError | None = None

    def __call__(self, _provider: Provider, home: Home) -> tuple[str, ...]:
        if self.fault:
            raise self.fault
        return self.recent.get(home.path.name, ())


@pytest.fixture
def logs() -> Logs:
    return Logs()


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    homes = [make_fake_home(tmp_path / name) for name in ("one", "two")]
    provider = fake_provider(homes)
    found = {home.path.name: home for home in provider.find_homes({})}
    return Watched(
        tuple((provider, home) for home in found.values()),
        {home.id: home.path / "saved" for home in found.values()},
    )


def ids(watched: Watched) -> list[str]:
    return [home.id for _, home in watched.homes]


def test_a_first_look_finds_all_of_it_changed_and_the_next_nothing(watched: Watched, logs: Logs) -> None:
    disk = DiskWatch(lambda: SETTINGS, {}, logs)
    every = frozenset(ids(watched))
    assert disk.look(watched) == Changes(settings=SETTINGS, homes=every, saved=every, logs=every, costs=True)
    assert not disk.look(watched)


def test_what_changed_is_reported_once_and_of_its_home_alone(
    watched: Watched, logs: Logs, tmp_path: Path
) -> None:
    disk = DiskWatch(lambda: SETTINGS, {}, logs)
    disk.look(watched)
    one, two = ids(watched)
    logs.recent["one"] = ("a log",)
    assert disk.look(watched) == Changes(logs=frozenset({one}))
    (tmp_path / "two/saved").write_text("{}")
    assert disk.look(watched) == Changes(saved=frozenset({two}))
    (tmp_path / "two/account").write_text("another")
    assert disk.look(watched) == Changes(homes=frozenset({two}))
    assert not disk.look(watched)


def test_what_changed_before_a_look_that_fails_is_reported_by_the_next(
    watched: Watched, logs: Logs, tmp_path: Path
) -> None:
    settings = Settings()
    disk = DiskWatch(lambda: settings, {}, logs)
    disk.look(watched)
    settings = SETTINGS
    (tmp_path / "one/account").write_text("another")
    logs.fault = OSError("The disk is away.")
    with pytest.raises(OSError, match="away"):
        disk.look(watched)
    logs.fault = None
    assert disk.look(watched) == Changes(settings=SETTINGS, homes=frozenset(ids(watched)[:1]))


def test_only_a_log_that_is_written_is_a_change(watched: Watched, logs: Logs) -> None:
    disk = DiskWatch(lambda: SETTINGS, {}, logs)
    one = ids(watched)[0]
    logs.recent = {"one": ("newer", "older")}
    disk.look(watched)
    logs.recent = {"one": ("newer",)}
    assert not disk.look(watched), "it was written a day ago"
    logs.recent = {"one": ("written", "newer")}
    assert disk.look(watched).logs == {one}
    logs.recent = {}
    assert not disk.look(watched)


class TestLiveSessions:
    @pytest.fixture
    def files(self, tmp_path: Path) -> Path:
        folder = tmp_path / "one/sessions"
        folder.mkdir()
        return folder

    @pytest.fixture
    def live(self, watched: Watched, files: Path, tmp_path: Path) -> Watched:
        homes = [
            (replace(provider, watched_sessions=lambda path: (str(path / "sessions"),)), home)
            for provider, home in watched.homes
        ]
        return replace(watched, homes=tuple(homes), sessions=True, records=(tmp_path / "records",))

    def test_what_a_cli_or_a_hook_wrote_down_is_a_change(
        self, live: Watched, logs: Logs, files: Path, tmp_path: Path
    ) -> None:
        disk = DiskWatch(lambda: SETTINGS, {}, logs)
        assert disk.look(live).sessions
        assert not disk.look(live)
        (files / "4711.json").write_text("{}")
        assert disk.look(live) == Changes(sessions=True)
        (tmp_path / "records").mkdir()
        assert disk.look(live) == Changes(sessions=True)
        assert not disk.look(live)

    def test_of_nobodys_interest_nothing_is_a_change(self, live: Watched, logs: Logs, files: Path) -> None:
        idle = replace(live, sessions=False)
        disk = DiskWatch(lambda: SETTINGS, {}, logs)
        assert not disk.look(idle).sessions
        (files / "4711.json").write_text("{}")
        assert not disk.look(idle)
        assert disk.look(live) == Changes(sessions=True), "it was switched on"

    def test_a_session_that_goes_on_after_days_is_a_change(
        self, live: Watched, logs: Logs, tmp_path: Path
    ) -> None:
        """Its log is none of the recent ones."""
        log = tmp_path / "one/old.jsonl"
        log.write_text("1\n")
        disk = DiskWatch(lambda: SETTINGS, {}, logs)
        disk.look(live)
        running = replace(live, session_logs=(str(log), str(tmp_path / "elsewhere.jsonl")))
        assert not disk.look(running), "it was looked at a moment ago"
        log.write_text("1\n2\n")
        assert disk.look(running) == Changes(sessions=True)
        assert not disk.look(live), "it has ended"

    def test_the_end_of_a_process_is_a_change_and_its_begin_is_none(self, live: Watched, logs: Logs) -> None:
        running = {1, 2}
        disk = DiskWatch(lambda: SETTINGS, {}, logs, lambda pid: pid in running)
        disk.look(live)
        both = replace(live, pids=frozenset({1, 2}))
        assert not disk.look(both)
        running.remove(2)
        assert disk.look(both) == Changes(sessions=True)
        assert not disk.look(both)
        assert not disk.look(replace(live, pids=frozenset({1})))
        assert not disk.look(live), "nobody asks for it any more"
