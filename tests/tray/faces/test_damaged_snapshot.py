"""Whatever snapshot.json contains: a bar gets its line, and `usage` its answer."""

from __future__ import annotations

import copy
import json
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.tray.faces.published import Folder
from tray.engine import published
from tray.faces import cached_usage, claude_template
from tray.faces.bars import statusline as bars
from tray.faces.bars import template, watch
from tray.faces.bars.formats import FORMATS
from tray.faces.bars.options import Options

ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**400,
    1e308,
    "",
    "x",
    [],
    [1],
    {},
    {"a": 1},
    [[]],
    "2026-13-40T00:00:00Z",
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each member, however deep."""
    yield path
    for key, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from places(inner, (*path, key))


def with_odd(document: Any, path: tuple[Any, ...], odd: Any) -> Any:
    changed = copy.deepcopy(document)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    if path:
        holder[path[-1]] = odd
        return changed
    return odd


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    made = Folder(tmp_path)
    made.publish(made.account(made.window(40), made.window(100, ident="weekly", title="Weekly")))
    for name, value in made.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(bars, "start_round", lambda *_: True)
    return made


def every_way() -> list[Options]:
    """Of asking for a line."""
    names = " ".join(f"{{{name}}}" for name in template.names(("codex", "claude")))
    own = Options("waybar", template.pieces(names), "all", 300.0)
    return [own, *(Options(name, None, "all", 300.0) for name in FORMATS)]


def test_any_member_of_any_type(folder: Folder, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    file = folder.state / "snapshot.json"
    whole = json.loads(file.read_bytes())
    tried, claude = 0, template.pieces("{tightest.left} {claude.session.left} {block.cost}")
    for path in places(whole):
        for odd in ODD:
            file.write_text(json.dumps(with_odd(whole, path, odd)))
            assert bars.answer(["--format", "text"]) == 0
            line = capsysbinary.readouterr().out
            assert line.count(b"\n") == 1
            for options in every_way():
                text = bars.text_of(published.read(str(folder.state)), options, time.time())
                assert text is None or "\n" not in text
            for watched in (watch._Document(options), watch._Line(options)):
                watched.changed_text(published.read(str(folder.state)), time.time(), "not known")
            assert watch.until_another(published.read(str(folder.state)), time.time()) > 0
            assert claude_template.line(claude, None, published.read(str(folder.state)), "", time.time())
            assert cached_usage.answer(["--cached", "--json"]) in (0, 1, None)
            printed = capsysbinary.readouterr().out
            assert not printed or json.loads(printed)
            tried += 1
    assert tried > 500


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_no_snapshot(folder: Folder, number: str) -> None:
    file = folder.state / "snapshot.json"
    file.write_text(file.read_text().replace('"used_percent":40', f'"used_percent":{number}'))
    assert number in file.read_text()
    assert cached_usage.answer(["--cached", "--json"]) is None
    assert bars.answer(["--format", "text"]) == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_that_somebody_holds_open(folder: Folder) -> None:
    file = folder.state / "snapshot.json"
    file.unlink()
    os.mkfifo(file)
    writer = os.open(file, os.O_RDWR | os.O_NONBLOCK)
    try:
        assert bars.answer(["--format", "text"]) == 0
        assert cached_usage.answer(["--cached", "--json"]) is None
    finally:
        os.close(writer)


def test_one_of_a_clock_that_was_ahead_is_not_taken_for_fresh(folder: Folder) -> None:
    folder.now += timedelta(days=365)
    folder.publish(folder.account(folder.window(97)))
    later = folder.now.timestamp()
    os.utime(folder.state / "snapshot.json", (later, later))
    assert cached_usage.answer(["--cached", "--json"]) is None
    assert "updated" in folder.run("statusline", "--format", "text")


def test_a_reading_of_a_status_line_is_not_overlooked(folder: Folder) -> None:
    assert cached_usage.answer(["--cached", "--json"]) == 0
    later = (folder.state / "snapshot.json").stat().st_mtime + 1
    kept = folder.state / "statusline/0123456789abcdef"
    kept.mkdir(parents=True)
    os.utime(kept, (later, later))
    assert cached_usage.answer(["--cached", "--json"]) is None


def test_a_provider_that_there_is_not_is_a_bad_argument(folder: Folder) -> None:
    done = folder.start("statusline", "--format", "text", "--provider", "nobody")
    assert (done.returncode, done.stdout) == (64, "")
    assert folder.run("statusline", "--format", "text", "--provider", "claude") == "no limits\n"
