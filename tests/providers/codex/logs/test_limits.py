from __future__ import annotations

import json
import os
import shutil
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from providers.codex.logs.format import ROLLOUTS
from providers.codex.logs.limits import RolloutLimits
from providers.domain.limits import Credits, Identity, Reading
from providers.ledger.discover import Finders
from providers.source import Home, Question, Source
from tests.homes import NOW, make_home
from tests.providers.codex.test_auth import json_values
from tests.providers.conformance import SourceConformance

LATER = NOW + timedelta(hours=2)


def uuid7(at: datetime) -> str:
    ms = f"{int(at.timestamp() * 1000):012x}"
    return f"{ms[:8]}-{ms[8:]}-7abc-8def-0123456789ab"


def line(at: datetime, kind: str, **payload: Any) -> str:
    stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"timestamp": stamp, "type": kind, "payload": payload}, separators=(",", ":"))


def meta(began: datetime, **more: Any) -> str:
    return line(began, "session_meta", id=uuid7(began), cwd="/p", **more)


def turn(at: datetime) -> str:
    return line(at, "event_msg", type="task_started", turn_id=uuid7(at))


def limits(used: float = 37.0, *, resets_at: datetime = LATER, **more: Any) -> dict[str, Any]:
    return {
        "limit_id": "codex",
        "primary": {"used_percent": used, "window_minutes": 300, "resets_at": int(resets_at.timestamp())},
        "secondary": None,
        "credits": None,
        "plan_type": None,
    } | more


def count(at: datetime, rate_limits: Any, total: int = 100) -> str:
    usage = {"input_tokens": total, "output_tokens": 0, "total_tokens": total}
    info = {"total_token_usage": usage, "last_token_usage": usage}
    return line(at, "event_msg", type="token_count", info=info, rate_limits=rate_limits)


def rollout(home: Path, name: str, *lines: str, folder: str = "sessions/2026/11/20") -> Path:
    path = home / folder / f"rollout-{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{text}\n" for text in lines))
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    return path


def read(home: Path, since: datetime = NOW - timedelta(days=30)) -> Reading | None:
    place = Home(provider="codex", path=home, label="~/.codex")
    return RolloutLimits().read(Question(home=place, identity=Identity(), account_since=since, now=NOW))


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def used(reading: Reading | None) -> dict[str, float]:
    assert reading is not None
    return {window.id: window.used_percent for window in reading.windows}


class TestConformance(SourceConformance):
    @pytest.fixture
    def source(self) -> Source:
        return RolloutLimits()

    @pytest.fixture
    def question(self, tmp_path: Path) -> Question:
        home = make_home(tmp_path / "home")
        rollout(home, "a", meta(ago(60)), turn(ago(60)), count(ago(50), limits(10)))
        place = Home(provider="codex", path=home, label="~/.codex")
        return Question(home=place, identity=Identity(), account_since=ago(99), now=NOW)


def test_the_newest_note_of_all_files_wins(tmp_path: Path) -> None:
    rollout(tmp_path, "a", meta(ago(60)), turn(ago(60)), count(ago(50), limits(10)))
    rollout(tmp_path, "b", meta(ago(40)), turn(ago(40)), count(ago(30), limits(20)))
    rollout(
        tmp_path, "c", meta(ago(55)), turn(ago(55)), count(ago(45), limits(15)), folder="archived_sessions"
    )
    reading = read(tmp_path)
    assert used(reading) == {"session": 20}
    assert reading is not None
    assert reading.fetched_at == ago(30)
    assert reading.speaks_for == frozenset()


def test_what_was_seen_in_a_real_home(tmp_path: Path) -> None:
    """Codex 0.169, as it wrote it."""
    fixture = Path(__file__).parents[3] / "fixtures/codex/0.169.0/plain/home"
    home = Path(shutil.copytree(fixture, tmp_path / "home"))
    place = Home(provider="codex", path=home, label="~/.codex")
    now = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
    for path in home.rglob("*.jsonl"):
        os.utime(path, (now.timestamp(), now.timestamp()))
    asked = Question(home=place, identity=Identity(), account_since=now - timedelta(days=1), now=now)
    reading = RolloutLimits().read(asked)
    assert used(reading) == {"session": 37.0, "weekly": 62.0}
    assert reading is not None
    assert reading.credits == Credits(balance=Decimal("150.5"))
    assert reading.fetched_at == datetime(2026, 11, 20, 12, 20, 43, 519000, UTC)


def test_a_repeat_does_not_make_old_numbers_new(tmp_path: Path) -> None:
    rollout(
        tmp_path, "a", meta(ago(60)), turn(ago(60)), count(ago(50), limits(10)), count(ago(1), limits(10))
    )
    reading = read(tmp_path)
    assert reading is not None
    assert reading.fetched_at == ago(50)


def filler(size: int) -> list[str]:
    """So many bytes of lines that say nothing."""
    noise = line(ago(55), "response_item", text="x" * 900)
    return [noise] * (size // len(noise) + 1)


@pytest.mark.parametrize("size", [1 << 17, 1 << 20])
@pytest.mark.parametrize("repeats", [1, 2, 3])
def test_repeats_beyond_a_block_do_not_make_old_numbers_new(tmp_path: Path, size: int, repeats: int) -> None:
    again = [count(ago(repeats - n), limits(10)) for n in range(repeats)]
    rollout(tmp_path, "a", meta(ago(60)), turn(ago(60)), count(ago(50), limits(10)), *filler(size), *again)
    reading = read(tmp_path)
    assert reading is not None
    assert reading.fetched_at == ago(50)


def test_new_limits_under_old_totals_are_news(tmp_path: Path) -> None:
    rollout(
        tmp_path, "a", meta(ago(60)), turn(ago(60)), count(ago(50), limits(10)), count(ago(1), limits(11))
    )
    assert used(read(tmp_path)) == {"session": 11}


def test_a_fork_does_not_make_its_parents_numbers_new(tmp_path: Path) -> None:
    parent, copied = uuid7(ago(900)), ago(5)
    rollout(
        tmp_path,
        "fork",
        meta(copied, forked_from_id=parent),
        line(copied, "event_msg", type="task_started", turn_id=uuid7(ago(890))),
        count(copied, limits(10)),
        turn(ago(4)),
        count(ago(3), limits(30), total=200),
    )
    assert used(read(tmp_path)) == {"session": 30}
    rollout(
        tmp_path,
        "fork",
        meta(copied, forked_from_id=parent),
        line(copied, "event_msg", type="task_started", turn_id=uuid7(ago(890))),
        count(copied, limits(10)),
    )
    assert read(tmp_path) is None


def test_a_fork_without_turn_ids_is_not_believed(tmp_path: Path) -> None:
    rollout(tmp_path, "old", meta(ago(5), forked_from_id=uuid7(ago(900))), count(ago(5), limits(10)))
    rollout(tmp_path, "sub", meta(ago(5), source={"subagent": {"other": "x"}}), count(ago(5), limits(10)))
    assert read(tmp_path) is None


def test_what_was_noted_under_another_account_is_not_taken(tmp_path: Path) -> None:
    rollout(tmp_path, "a", meta(ago(60)), turn(ago(60)), count(ago(50), limits(10)))
    assert read(tmp_path, since=ago(40)) is None
    assert used(read(tmp_path, since=ago(51))) == {"session": 10}


def test_a_window_past_its_reset_is_left_out(tmp_path: Path) -> None:
    weekly = {"used_percent": 5.0, "window_minutes": 10080, "resets_at": int(LATER.timestamp())}
    rollout(
        tmp_path,
        "a",
        meta(ago(60)),
        turn(ago(60)),
        count(ago(50), limits(10, resets_at=NOW, secondary=weekly)),
    )
    assert used(read(tmp_path)) == {"weekly": 5.0}


def test_a_models_own_bucket_is_not_the_accounts(tmp_path: Path) -> None:
    rollout(
        tmp_path,
        "a",
        meta(ago(60)),
        turn(ago(60)),
        count(ago(50), limits(10)),
        count(ago(40), limits(90, limit_id="codex_bengalfox"), total=200),
    )
    assert used(read(tmp_path)) == {"session": 10}


@pytest.mark.parametrize("plan", [{"new": "shape"}, 7, "pro\x1b[2J"])
def test_a_malformed_plan_affects_no_window(tmp_path: Path, plan: object) -> None:
    rollout(tmp_path, "a", meta(ago(60)), turn(ago(60)), count(ago(50), limits(10, plan_type=plan)))
    reading = read(tmp_path)
    assert used(reading) == {"session": 10}
    assert reading is not None
    assert reading.plan is None


def test_an_odd_limit_id_is_not_the_accounts(tmp_path: Path) -> None:
    rollout(
        tmp_path, "a", meta(ago(60)), turn(ago(60)), count(ago(50), limits(10, limit_id={"new": "shape"}))
    )
    assert read(tmp_path) is None


@pytest.mark.parametrize("ident", ["premium", "codex", None])
@pytest.mark.parametrize("shown_as", [{}, {"limit_name": None}, {"limit_name": ""}])
def test_a_bucket_without_a_name_is_the_accounts(
    tmp_path: Path, ident: str | None, shown_as: dict[str, Any]
) -> None:
    own = limits(10, limit_id=ident, **shown_as)
    of_model = limits(90, limit_id="premium", limit_name="GPT-5.3-Codex-Spark")
    rollout(tmp_path, "a", meta(ago(60)), turn(ago(60)), count(ago(50), own), count(ago(40), of_model, 200))
    assert used(read(tmp_path)) == {"session": 10}


CREDITS = {"has_credits": True, "unlimited": False, "balance": "7"}


def test_a_note_with_credits_alone_counts_for_them_alone(tmp_path: Path) -> None:
    alone = limits(primary=None, credits=CREDITS)
    rollout(tmp_path, "a", meta(ago(60)), turn(ago(60)), count(ago(50), alone))
    reading = read(tmp_path)
    assert reading is not None
    assert (reading.windows, reading.credits, reading.fetched_at) == (
        (),
        Credits(balance=Decimal(7)),
        ago(50),
    )
    rollout(
        tmp_path, "a", meta(ago(60)), turn(ago(60)), count(ago(50), limits(10)), count(ago(40), alone, 200)
    )
    reading = read(tmp_path)
    assert reading is not None
    assert used(reading) == {"session": 10}
    assert (reading.credits, reading.fetched_at) == (Credits(balance=Decimal(7)), ago(50))


def test_credits_older_than_the_windows_are_not_made_younger(tmp_path: Path) -> None:
    lines = count(ago(50), limits(9, credits=CREDITS)), count(ago(40), limits(10), 200)
    rollout(tmp_path, "a", meta(ago(60)), turn(ago(60)), *lines)
    reading = read(tmp_path)
    assert reading is not None
    assert (used(reading), reading.credits) == ({"session": 10}, None)


NOTHING = limits(primary=None)
REFUSED: dict[str, Any] = {
    "spend_control_reached": False,
    "rate_limit_reached_type": "workspace_member_credits_depleted",
}


@pytest.mark.parametrize("empty", [NOTHING, NOTHING | {"limit_id": "premium"}, {}, None])
@pytest.mark.parametrize("size", [0, 6 << 20])
def test_responses_that_say_nothing_are_looked_past(tmp_path: Path, empty: Any, size: int) -> None:
    later = [count(ago(40 - n), empty, 200 + n) for n in range(5)]
    rollout(tmp_path, "a", meta(ago(60)), turn(ago(60)), count(ago(50), limits(10)), *filler(size), *later)
    assert used(read(tmp_path)) == {"session": 10}


def test_limits_before_credits_alone_are_found(tmp_path: Path) -> None:
    alone = limits(primary=None, credits=CREDITS, limit_id="premium")
    later = [*filler(1 << 18), count(ago(40), alone, 200)]
    rollout(tmp_path, "a", meta(ago(60)), turn(ago(60)), count(ago(50), limits(10)), *later)
    reading = read(tmp_path)
    assert used(reading) == {"session": 10}
    assert reading is not None
    assert reading.credits == Credits(balance=Decimal(7))


def test_a_refusal_is_read_with_its_reason(tmp_path: Path) -> None:
    refused = limits(primary=None, credits=CREDITS, **REFUSED)
    rollout(
        tmp_path, "a", meta(ago(60)), turn(ago(60)), count(ago(50), limits(10)), count(ago(40), refused, 200)
    )
    reading = read(tmp_path)
    assert used(reading) == {"session": 10}
    assert reading is not None
    assert (reading.limit_reached, reading.credits) == (True, Credits(balance=Decimal(7), carries_on=False))
    again = count(ago(30), limits(11), 300)
    path = rollout(tmp_path, "b", meta(ago(60)), turn(ago(60)), again)
    reading = read(tmp_path)
    assert reading is not None
    assert (used(reading), reading.limit_reached, path.exists()) == ({"session": 11}, None, True)


def test_a_spend_cap_is_read(tmp_path: Path) -> None:
    cap = {"limit": "25000", "used": "8000", "remaining_percent": 68, "resets_at": int(LATER.timestamp())}
    capped = limits(primary=None, individual_limit=cap)
    rollout(tmp_path, "a", meta(ago(60)), turn(ago(60)), count(ago(50), capped))
    reading = read(tmp_path)
    assert reading is not None
    (found,) = reading.windows
    assert (found.id, found.used_percent, found.resets_at) == ("individual", 32, LATER)


def test_lengths_and_resets_of_codex_0_46(tmp_path: Path) -> None:
    old = {
        "primary": {"used_percent": 97.0, "window_minutes": 299, "resets_in_seconds": 6000},
        "secondary": {"used_percent": 41.0, "window_minutes": 10079, "resets_in_seconds": 300_000},
    }
    rollout(tmp_path, "a", meta(ago(60)), count(ago(50), old))
    reading = read(tmp_path)
    assert reading is not None
    assert [(w.id, w.used_percent, w.duration, w.resets_at) for w in reading.windows] == [
        ("session", 97, timedelta(hours=5), ago(50) + timedelta(seconds=6000)),
        ("weekly", 41, timedelta(days=7), ago(50) + timedelta(seconds=300_000)),
    ]
    old["primary"]["resets_in_seconds"] = 2990  # it refilled ten seconds ago
    rollout(tmp_path, "a", meta(ago(60)), count(ago(50), old))
    assert used(read(tmp_path)) == {"weekly": 41}


@pytest.mark.parametrize(
    ("percent", "kept"), [(101.5, 101.5), ("31", 31), (31, 31), (-3.0, None), (None, None), (True, None)]
)
def test_percentages_as_they_were_written(tmp_path: Path, percent: Any, kept: float | None) -> None:
    """0.171 writes down what the server's headers say, whatever that is."""
    odd = limits(primary={"used_percent": percent, "window_minutes": "300", "resets_at": None})
    lines = count(ago(50), limits(10)), count(ago(40), odd, 200)
    rollout(tmp_path, "a", meta(ago(60)), turn(ago(60)), *lines)
    reading = read(tmp_path)
    assert used(reading) == {"session": 10 if kept is None else kept}
    assert reading is not None
    assert reading.dropped == (("rate_limits.primary",) if kept is None else ())


LONG = 5 << 20


@pytest.mark.parametrize(
    "last",
    [
        line(ago(40), "compacted", text="x" * LONG),
        line(ago(40), "other", text="x" * LONG),
        line(ago(40), "compacted", text="x" * (17 << 20)),
        line(ago(40), "response_item", text="x" * LONG)[:-9],
    ],
    ids=["compacted", "unknown", "longer than memory", "cut"],
)
def test_lines_longer_than_any_block_hide_nothing(tmp_path: Path, last: str) -> None:
    rollout(tmp_path, "a", meta(ago(60)), turn(ago(60)), count(ago(50), limits(10)), last)
    assert used(read(tmp_path)) == {"session": 10}


@pytest.mark.parametrize("size", [1 << 19, 5 << 20, 17 << 20])
def test_a_whole_record_behind_a_long_cut_one_is_the_newest(tmp_path: Path, size: int) -> None:
    cut = line(ago(45), "compacted", text="x" * size)[:-20]
    rollout(
        tmp_path,
        "a",
        meta(ago(60)),
        turn(ago(60)),
        count(ago(50), limits(10)),
        cut + count(ago(40), limits(20), 200),
    )
    assert used(read(tmp_path)) == {"session": 20}


@pytest.mark.parametrize("size", [1 << 19, 3 << 20])
@pytest.mark.parametrize("parent", [{}, {"forked_from_id": uuid7(ago(900))}])
def test_a_head_longer_than_any_block_is_read(tmp_path: Path, size: int, parent: dict[str, str]) -> None:
    head = meta(ago(60), base_instructions={"text": "x" * size}, **parent)
    begun = [turn(ago(59))] if parent else []
    rollout(tmp_path, "a", head, *begun, count(ago(50), limits(10)))
    assert used(read(tmp_path)) == {"session": 10}


@pytest.mark.parametrize(
    "head", ["\0" * 300, "not json", '{"timestamp":"2026-11-20T11:00:00.000Z","type":"sess']
)
def test_a_log_whose_head_is_lost_is_known_by_its_name(tmp_path: Path, head: str) -> None:
    """Its own turns began with its thread or later; those before are copies."""
    lines = head, turn(ago(90)), count(ago(55), limits(5)), turn(ago(50)), count(ago(45), limits(10), 200)
    rollout(tmp_path, f"2026-11-20T11-00-00-{uuid7(ago(60))}", *lines)
    assert used(read(tmp_path)) == {"session": 10}
    rollout(tmp_path, f"2026-11-20T11-00-00-{uuid7(ago(60))}", *lines[:3])
    assert read(tmp_path) is None


def test_the_head_of_an_ancestor_is_not_the_files_own(tmp_path: Path) -> None:
    name = f"2026-11-20T11-00-00-{uuid7(ago(60))}"
    rollout(tmp_path, name, "\0", meta(ago(900)), turn(ago(890)), count(ago(55), limits(5)))
    assert read(tmp_path) is None


def test_what_has_no_limits_is_not_read_twice(tmp_path: Path) -> None:
    path = rollout(tmp_path, "a", meta(ago(60)), turn(ago(60)), count(ago(50), None), *filler(1 << 18))
    source = RolloutLimits()
    place = Home(provider="codex", path=tmp_path, label="~/.codex")
    asked = Question(home=place, identity=Identity(), account_since=ago(99), now=NOW)
    assert source.read(asked) is None
    known = path.stat().st_size
    assert source.bytes_without_limits(path) == known
    assert source.read(asked) is None
    assert source.bytes_without_limits(path) == known
    with path.open("a") as file:
        file.write(count(ago(40), limits(20), 200)[:99])
    assert source.read(asked) is None
    assert source.bytes_without_limits(path) == known
    with path.open("a") as file:
        file.write(count(ago(40), limits(20), 200)[99:] + "\n")
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    assert used(source.read(asked)) == {"session": 20}
    path.write_text(f"{meta(ago(60))}\n{count(ago(30), limits(30), 200)}\n")
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    assert used(source.read(asked)) == {"session": 30}


def test_a_window_of_unknown_length_has_a_name(tmp_path: Path) -> None:
    unknown = {"used_percent": 5.0, "window_minutes": None, "resets_at": int(LATER.timestamp())}
    rollout(tmp_path, "a", meta(ago(60)), turn(ago(60)), count(ago(50), limits(primary=unknown)))
    assert used(read(tmp_path)) == {"window:unknown": 5.0}


def test_a_window_that_is_none_is_named(tmp_path: Path) -> None:
    rollout(
        tmp_path, "a", meta(ago(60)), turn(ago(60)), count(ago(50), limits(1e308, credits={"balance": []}))
    )
    reading = read(tmp_path)
    assert reading is not None
    assert (reading.windows, reading.dropped) == ((), ("rate_limits.primary", "rate_limits.credits"))


def test_a_line_too_deep_to_be_read_is_passed_over(tmp_path: Path) -> None:
    deep = f'"info":{"[" * 3000}{"]" * 3000}'
    bad = line(ago(40), "event_msg", type="token_count", info=0).replace('"info":0', deep)
    rollout(tmp_path, "a", meta(ago(60)), turn(ago(60)), count(ago(50), limits(10)), bad)
    assert used(read(tmp_path)) == {"session": 10}


@pytest.mark.skipif(sys.platform == "win32", reason="pipes are no files there")
def test_a_pipe_among_the_logs_does_not_keep_us_waiting(tmp_path: Path) -> None:
    rollout(tmp_path, "a", meta(ago(60)), turn(ago(60)), count(ago(50), limits(10)))
    os.mkfifo(tmp_path / "sessions/rollout-x.jsonl")
    assert used(read(tmp_path)) == {"session": 10}


def test_logs_behind_a_link_are_read_as_the_ledger_reads_them(tmp_path: Path) -> None:
    rollout(tmp_path / "real", "a", meta(ago(60)), turn(ago(60)), count(ago(50), limits(10)))
    (tmp_path / "home").mkdir()
    (tmp_path / "home/sessions").symlink_to(tmp_path / "real/sessions")
    (tmp_path / "home/archived_sessions").mkdir()
    (tmp_path / "home/archived_sessions/old").symlink_to(tmp_path / "real/sessions")
    assert used(read(tmp_path / "home")) == {"session": 10}


def test_a_time_in_the_future_is_not_believed(tmp_path: Path) -> None:
    rollout(tmp_path, "a", meta(ago(60)), turn(ago(60)), count(NOW + timedelta(days=1), limits(10)))
    assert read(tmp_path) is None


@pytest.mark.parametrize("filler", [10, 60_000], ids=["small", "larger than a block"])
def test_only_the_end_of_a_large_file_matters(tmp_path: Path, filler: int) -> None:
    noise = line(ago(55), "response_item", text="x" * 50 + '"token_count"')
    lines = [meta(ago(60)), turn(ago(60)), count(ago(58), limits(5)), *([noise] * filler)]
    rollout(tmp_path, "a", *lines, count(ago(50), limits(10), 200), *([noise] * 10))
    assert used(read(tmp_path)) == {"session": 10}


def test_a_torn_end_and_foreign_lines_are_passed_over(tmp_path: Path) -> None:
    path = rollout(
        tmp_path,
        "a",
        "not json",
        '{"type":"token_count"}',
        meta(ago(60)),
        turn(ago(60)),
        count(ago(50), limits(10)),
    )
    path.write_bytes(path.read_bytes() + b"\xff\xfe\n" + count(ago(1), limits(99), 300).encode()[:-9])
    assert used(read(tmp_path)) == {"session": 10}


def test_no_logs_no_reading(tmp_path: Path) -> None:
    assert read(tmp_path) is None
    assert read(tmp_path / "nowhere") is None
    (tmp_path / "sessions").mkdir()
    (tmp_path / "sessions/rollout-x.jsonl").mkdir()
    (tmp_path / "sessions/rollout-y.jsonl").symlink_to(tmp_path / "missing")
    assert read(tmp_path) is None


def test_what_the_ledgers_walk_found_is_known_here(tmp_path: Path) -> None:
    """What lies in a folder where nothing happened for days waits for a walk, whoever makes it."""
    rollout(tmp_path, "a", meta(ago(60)), turn(ago(60)), count(ago(50), limits(10)))
    rollout(tmp_path, "x", folder="sessions/2026/10/01").unlink()
    for folder in (path for path in tmp_path.rglob("*") if path.is_dir()):
        os.utime(folder, (1_600_000_000, 1_600_000_000))
    finders = Finders()
    asked = Question(
        home=Home(provider="codex", path=tmp_path, label="~/.codex"),
        identity=Identity(),
        account_since=ago(99),
        now=NOW,
    )
    assert used(RolloutLimits(finders).read(asked)) == {"session": 10}
    resumed = turn(ago(40)), count(ago(30), limits(20))
    rollout(tmp_path, "b", meta(ago(40)), *resumed, folder="sessions/2026/10/01")
    assert used(RolloutLimits(finders).read(asked)) == {"session": 10}
    finders.finder(tmp_path, ROLLOUTS).find()
    assert used(RolloutLimits(finders).read(asked)) == {"session": 20}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(value=json_values, inside=json_values)
def test_any_value_is_a_reading_or_none(tmp_path: Path, value: Any, inside: Any) -> None:
    bad = [
        count(ago(50), value),
        count(ago(49), limits(10, primary=inside)),
        count(ago(48), limits(10, credits=inside)),
    ]
    bad.append(line(ago(47), "session_meta", id=inside, source=value))
    rollout(tmp_path, "a", meta(ago(60)), count(ago(58), limits(7)), *bad)
    reading = read(tmp_path)
    # Odd neighbours may add a lane or be the newest word on one; they never blank what was told.
    assert reading is not None
    assert reading.fetched_at in {ago(58), ago(50), ago(49), ago(48)}
    assert {window.id for window in reading.windows} <= {"session", "window:unknown"}
    assert all(0 <= window.used_percent <= 10_000 for window in reading.windows)
    assert msgspec.json.decode(msgspec.json.encode(reading), type=Reading) == reading
