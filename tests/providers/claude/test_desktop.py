"""The sessions of Claude's desktop app."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from providers.claude.descriptor import CLAUDE
from providers.claude.desktop import LABEL, find_log_homes
from providers.host.files import Folders
from providers.polling.account_store import AccountStore
from providers.polling.accounts import find_targets
from tests.providers.claude.reading import SESSION, answer, spent, text
from tray.engine.costs import Costs
from tray.engine.scope import Scope

APP = "local-agent-mode-sessions/app-1/org-1"
NOON = datetime(2026, 11, 20, 13, tzinfo=UTC)

PutSession = Callable[..., Path]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def put(data: Path, name: str = "local_1", *, responses: int = 2, first: int = 0) -> Path:
    """A session of the app with that many responses; returns its home."""
    folder = data / APP / name / ".claude"
    log = folder / "projects/-sessions-work" / f"{SESSION}.jsonl"
    log.parent.mkdir(parents=True)
    numbers = range(first, first + responses)
    log.write_bytes(text(answer(spent(), id=f"m{number}", second=number) for number in numbers))
    (folder.parent / "audit.jsonl").write_bytes(text([answer(spent(), id="audit", request="audit")]))
    return folder


def test_on_macos(home: Path) -> None:
    folder = put(home / "Library/Application Support/Claude")
    (found,) = find_log_homes({}, "darwin")
    assert (found.path, found.label, found.provider) == (folder, LABEL, "claude")


def test_on_windows_and_in_the_store_s_package(tmp_path: Path) -> None:
    roaming = put(tmp_path / "Roaming/Claude")
    packaged = put(tmp_path / "Local/Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude", "local_2")
    environ = {"APPDATA": str(tmp_path / "Roaming"), "LOCALAPPDATA": str(tmp_path / "Local")}
    assert [found.path for found in find_log_homes(environ, "win32")] == [roaming, packaged]


def test_only_there(home: Path) -> None:
    put(home / "Library/Application Support/Claude")
    put(home / "Roaming/Claude")
    assert find_log_homes({"APPDATA": str(home / "Roaming"), "LOCALAPPDATA": str(home)}, "linux") == ()


@pytest.mark.parametrize("platform", ["darwin", "win32", "linux"])
def test_where_the_app_is_not(home: Path, platform: str) -> None:
    assert find_log_homes({}, platform) == ()


def test_what_is_no_session(home: Path) -> None:
    data = home / "Library/Application Support/Claude"
    (data / APP / "local_1").mkdir(parents=True)
    (data / APP / "local_1/.claude").write_text("a file")
    (data / APP / "skills/.claude").mkdir(parents=True)
    assert find_log_homes({}, "darwin") == ()


def test_each_response_counts_once_wherever_the_app_wrote_it(home: Path) -> None:
    data = home / "Library/Application Support/Claude"
    folder = put(data)
    put(data, "local_2", responses=3, first=7)
    own = home / ".claude/projects/-sessions-work"
    own.mkdir(parents=True)
    shutil.copy(folder / "projects/-sessions-work" / f"{SESSION}.jsonl", own)
    claude = replace(CLAUDE, find_log_homes=partial(find_log_homes, platform="darwin"))
    folders = Folders(settings=home / "s", state=home / "t", cache=home / "c")
    scope = Scope({}, folders, UTC, providers=(claude,), clock=lambda: NOON)
    costs = Costs(scope)
    report = costs.report(scope.today(), scope.today(), UTC)[0]["claude"]
    assert {label: sums.responses for label, sums in report.by_home.items()} == {
        str(Path("~/.claude")): 2,
        LABEL: 3,
    }
    assert (report.totals.responses, report.files) == (5, 3)
    # What faces show: with the first account of the provider.
    (target,) = find_targets((claude,), {}, AccountStore(folders.state), NOON)
    assert {found.label for found in target.log_homes} == {LABEL}
    known = costs.by_home()
    ids = [each.id for each in (*target.homes, *target.log_homes)]
    assert sum(known[each].figures.today.responses for each in ids) == 5
