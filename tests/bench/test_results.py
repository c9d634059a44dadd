"""What was measured is kept between runs, and printed beside an earlier state."""

from __future__ import annotations

from pathlib import Path

from tests.bench.corpora import Aim
from tests.bench.results import Process, Ratio, Results, Took, load, tables

TOOK = Took(200, 210, 30)


def first(wall: float, *, of_tokscale: float = 0.4) -> Process:
    return Process(TOOK, TOOK, Ratio(wall, 1.5), Ratio(of_tokscale, 0.4))


def test_a_run_adds_its_rows_to_those_of_earlier_ones(tmp_path: Path) -> None:
    path = tmp_path / "saved.json"
    Results("one", {"codex-600:first": first(3), "claude-600:first": first(4)}).save(path)
    Results("other", {"codex-600:first": first(1)}).save(path)
    saved = load(path)
    assert saved.when == "other"
    assert saved.processes == {"codex-600:first": first(1), "claude-600:first": first(4)}


def test_the_last_state_is_held_against_the_aims() -> None:
    before = Results("one", {"codex-600:first": first(1.8), "claude-600:first": first(1.8)})
    now = Results("other", {"codex-600:first": first(1.81), "codex-3000:first": first(0.9, of_tokscale=0.51)})
    rows = dict(_row(line) for line in "\n".join(tables([before, now])).splitlines() if "first scan" in line)
    assert rows["codex, 600 small files: first scan"] == "no"
    assert rows["codex, 3,000 small files: first scan"] == "no"
    assert rows["claude, 600 small files: first scan"] == ""
    (line,) = (line for line in "\n".join(tables([before])).splitlines() if "codex, 600" in line)
    assert line == (
        "| codex, 600 small files: first scan | 1.8x wall, 1.6x CPU, 60 MB | 200 | 210 | 30 | 1.80 / 1.50"
        " | 0.40 / 0.40 | yes |"
    )


def test_growth_is_by_file_and_by_size() -> None:
    few, many = Took(300, 300, 40), Took(700, 660, 60)
    ratio = Ratio(1, 1)
    results = Results(
        "once",
        {"codex-10000:again": Process(few, few, ratio), "codex-100000:again": Process(many, few, ratio)},
    )
    assert "| codex, 10,000 to 100,000 files: CPU µs for each more | 4 | 4.0 |" in "\n".join(
        tables([results])
    )


def test_an_aim_says_what_it_limits() -> None:
    assert str(Aim(wall=0.8, cpu=0.8, peak_mb=60)) == "0.8x wall, 0.8x CPU, 60 MB"
    assert str(Aim(wall_ms=6_000)) == "6,000 ms wall"
    assert str(Aim()) == ""


def _row(line: str) -> tuple[str, str]:
    cells = [cell.strip() for cell in line.split("|")]
    return cells[1], cells[-2]
