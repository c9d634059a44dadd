"""Exports of other machines that are damaged, hostile, or changed by other programs."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from providers.domain.cost import TOKEN_CLASSES
from providers.ledger.elsewhere import OtherMachines
from providers.ledger.epoch_ms import ms
from providers.ledger.steps import QUARTERS
from tray.engine.exported_files import ReadFile, UnusableFile, add_file, limits_in

BEGIN, END = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)
ROW: dict[str, Any] = {
    "time": "2026-11-20T10:00:00.000Z",
    "provider": "codex",
    **dict.fromkeys(("home", "session", "thread", "project", "model", "effort", "account"), "x"),
    "machine": "laptop",
    "not_on_lines": False,
    **dict.fromkeys((f"{each.name}_tokens" for each in TOKEN_CLASSES), 0),
    "input_tokens": 15,
    "total_tokens": 15,
    "usd": 0.1,
    "key": "r0000000000000001",
}
WINDOW = {
    "time": "2026-11-20T10:00:00Z",
    **dict.fromkeys(("account", "source"), "x"),
    "provider": "codex",
    "window_id": "weekly",
    "used_percent": 9.0,
    "resets_at": "2026-11-22T00:00:00Z",
}


def lines(*rows: dict[str, Any], of: dict[str, Any] = ROW) -> bytes:
    return b"".join(json.dumps(of | row).encode() + b"\n" for row in rows)


def read(folder: Path, content: bytes) -> tuple[ReadFile, int]:
    """What became of the file, and the responses of the day that were added."""
    file = folder / "export"
    file.write_bytes(content)
    store = OtherMachines("here")
    found = add_file(str(file), store, (ms(BEGIN), ms(END)), ("codex", "claude"))
    return found, sum(each.responses for each in store.slices("codex", BEGIN, END, set(), QUARTERS))


@pytest.mark.parametrize(
    "bad",
    [
        {"reasoning_tokens": 10**30},
        {"cache_write_1h_tokens": 1 << 62},
        {"output_tokens": 1 << 41, "total_tokens": (1 << 41) + 15},
        {"output_tokens": -1, "total_tokens": 14},
        {"total_tokens": 16},
        {"usd": -1.0},
        {"usd": 1e300},
        {"machine": "m" * 9000},
        {"key": "rffffffffffffffff"},
        {"key": 1},
        {"time": "2026-11-20T25:00:00.000Z"},
    ],
)
def test_a_row_that_no_export_has(tmp_path: Path, bad: dict[str, Any]) -> None:
    found, count = read(tmp_path, lines({}, bad | {"key": bad.get("key", "r0000000000000002")}))
    assert (found.bad_lines, found.first_bad, count) == (1, 2, 1)


def test_a_row_whose_time_another_program_wrote_in_a_zone(tmp_path: Path) -> None:
    """By its first cell it is of the day before."""
    found, count = read(tmp_path, lines({"time": "2026-11-19T23:00:00.000-05:00"}))
    assert (found.bad_lines, count) == (0, 1)
    assert read(tmp_path, lines({"time": "2026-11-19T23:00:00.000Z"}))[1] == 0


def test_empty_lines_are_passed_over(tmp_path: Path) -> None:
    found, count = read(tmp_path, b"\n \r\n" + lines({}) + b"\n\n")
    assert (found.is_whole, found.is_empty, count) == (True, False, 1)
    assert read(tmp_path, b"\n\n")[0].is_empty


@pytest.mark.parametrize("filler", [b"\n", b"x\n"])
def test_a_file_that_unpacks_to_lines_without_end_is_left(tmp_path: Path, filler: bytes) -> None:
    after = lines({"key": "r0000000000000002"})
    found, count = read(tmp_path, gzip.compress(lines({}) + filler * 200_000 + after))
    assert found.is_cut
    assert count == 1


def test_a_line_that_unpacks_without_end_is_left(tmp_path: Path) -> None:
    found, count = read(tmp_path, gzip.compress(lines({}) + bytes(10_000_000)))
    assert (found.is_cut, found.bad_lines, count) == (True, 1, 1)


@pytest.mark.parametrize(
    "bad",
    [
        {"used_percent": 1e300},
        {"used_percent": -1.0},
        {"resets_at": "9999-12-31T23:59:59Z"},
        {"resets_at": "2026-11-22T00:00:00"},
        {"account": ""},
    ],
)
def test_a_reading_that_no_export_has(tmp_path: Path, bad: dict[str, Any]) -> None:
    file = tmp_path / "export"
    file.write_bytes(lines({}, bad | {"time": "2026-11-20T11:00:00Z"}, of=WINDOW))
    (kept,), found = limits_in(str(file), ("codex",))
    assert (kept.used_percent, found.bad_lines, found.first_bad) == (9.0, 1, 2)


def test_limits_without_one_of_their_columns(tmp_path: Path) -> None:
    file = tmp_path / "export"
    file.write_text("time,provider,account,window_id\n")
    with pytest.raises(UnusableFile, match="no export of tankful"):
        limits_in(str(file), ("codex",))
