"""notices.json, whatever has happened to it."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tray.engine.notices.stored import FILE, LARGEST, MOST, SCHEMA, Mark, Stored, load, save

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
KEPT = Stored(
    seen={
        ("spent", "a1b2c3d4", "session"): Mark(NOW + timedelta(hours=2)),
        ("at_10", "a1b2c3d4", "weekly"): Mark(NOW, cleared=True),
    },
    muted_until=NOW + timedelta(minutes=30),
)


def test_it_is_read_as_it_was_written_and_by_nobody_else(tmp_path: Path) -> None:
    folder = tmp_path / "not there yet"
    save(folder, KEPT)
    assert load(folder, NOW) == KEPT
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600


def test_a_mute_that_is_over_or_that_a_clock_put_years_ahead_is_none(tmp_path: Path) -> None:
    save(tmp_path, KEPT)
    assert load(tmp_path, NOW + timedelta(hours=1)).muted_until is None
    assert load(tmp_path, NOW - timedelta(days=400)).muted_until is None


def test_it_stays_small(tmp_path: Path) -> None:
    seen = {
        ("spent", f"{number:08x}", "w" * 150): Mark(NOW + timedelta(minutes=number))
        for number in range(MOST + 100)
    }
    save(tmp_path, Stored(seen=seen))
    assert (tmp_path / FILE).stat().st_size < LARGEST
    found = load(tmp_path, NOW).seen
    assert len(found) == MOST
    assert ("spent", f"{MOST + 99:08x}", "w" * 150) in found, "those that end last"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        b"[" * 100_000,
        b'{"schema": "another", "seen": []}',
        json.dumps({"schema": SCHEMA, "seen": [{"kind": 1}]}).encode(),
        json.dumps({"schema": SCHEMA, "muted_until": "soon"}).encode(),
        json.dumps({"schema": SCHEMA, "muted_until": "2026-11-20T12:30:00"}).encode(),
        b" " * (LARGEST + 1),
        f'{{"schema": "{SCHEMA}", "x": '.encode() + b"[" * 50_000 + b"]" * 50_000 + b"}",
    ],
)
def test_what_is_damaged_or_foreign_is_as_good_as_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert load(tmp_path, NOW) == Stored()


def test_what_cannot_be_read_is_as_good_as_nothing(tmp_path: Path) -> None:
    assert load(tmp_path / "missing", NOW) == Stored()
    (tmp_path / FILE).mkdir()
    assert load(tmp_path, NOW) == Stored()


def test_odd_lines_are_left_out(tmp_path: Path) -> None:
    line = {"kind": "spent", "account": "a", "window": "w", "ends": "2026-11-20T12:00:00Z"}
    lines = [
        line,
        line | {"window": "x" * 999},
        line | {"window": "y", "ends": "2026-11-20T12:00:00"},
        line | {"window": "z", "ends": "0001-01-01T00:00:00+23:59"},
        line | {"window": "z", "ends": "9999-12-31T23:59:59-23:59"},
    ]
    (tmp_path / FILE).write_text(json.dumps({"schema": SCHEMA, "seen": lines, "more": 1}))
    assert load(tmp_path, NOW).seen == {("spent", "a", "w"): Mark(NOW)}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 400), flip=st.integers(0, 400), to=st.integers(0, 255))
def test_a_torn_file_never_raises(tmp_path: Path, cut: int, flip: int, to: int) -> None:
    save(tmp_path, KEPT)
    content = bytearray((tmp_path / FILE).read_bytes())
    content[flip % len(content)] = to
    (tmp_path / FILE).write_bytes(content[: cut or None])
    load(tmp_path, NOW)
