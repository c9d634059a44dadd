from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.domain.limits import Credits, DayTokens, RateWindow, Reading, ResetCredits, Spend
from providers.domain.merge import is_stale, merge, of_last_owner, prune

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def window(ident: str, used: float) -> RateWindow:
    return RateWindow(id=ident, title=ident, used_percent=used)


def reading(minute: int, source: str = "oauth", *windows: RateWindow, **more: object) -> Reading:
    return Reading(
        source=source,
        fetched_at=START + timedelta(minutes=minute),
        windows=windows,
        **more,  # type: ignore[arg-type]
    )


readings = st.lists(
    st.builds(
        Reading,
        source=st.sampled_from(["oauth", "rollouts"]),
        fetched_at=st.integers(0, 5).map(lambda minute: START + timedelta(minutes=minute)),
        windows=st.lists(
            st.builds(window, st.sampled_from(["session", "weekly"]), st.integers(0, 3)),
            max_size=2,
            unique_by=lambda found: found.id,
        ).map(tuple),
        credits=st.none() | st.builds(Credits, balance=st.integers(0, 2).map(Decimal)),
        spend=st.none() | st.builds(Spend, used=st.integers(0, 2).map(Decimal)),
        resets=st.none() | st.builds(ResetCredits, available=st.integers(0, 2)),
        limit_reached=st.none() | st.booleans(),
        plan=st.sampled_from([None, "pro"]),
        tokens=st.lists(
            st.builds(DayTokens, day=st.just(START.date()), tokens=st.integers(0, 2)), max_size=1
        ).map(tuple),
        email=st.just(None),
        speaks_for=st.frozensets(st.sampled_from(["windows", "credits", "spend", "resets"])),
        dropped=st.just(()),
    ),
    max_size=5,
)


@given(readings)
def test_merging_is_free_of_order(some: list[Reading]) -> None:
    assert len({repr(merge(order)) for order in permutations(some)}) == 1


@given(readings, readings)
def test_pruning_changes_no_later_merge(before: list[Reading], later: list[Reading]) -> None:
    assert merge([*prune(before), *later]) == merge([*before, *later])


@given(readings, readings, st.sampled_from(["oauth", "rollouts"]))
def test_pruning_takes_nothing_from_a_source_that_is_asked_for_alone(
    before: list[Reading], later: list[Reading], source: str
) -> None:
    def alone(some: list[Reading]) -> list[Reading]:
        return [reading for reading in some if reading.source == source]

    assert merge(alone([*prune(before), *later])) == merge(alone([*before, *later]))


@given(readings)
def test_pruned_readings_stay_few(some: list[Reading]) -> None:
    """At most one for each lane, kind of lane and name that a source can tell."""
    assert len(prune(some * 3)) <= 2 * 8


def test_each_lane_is_the_newest_with_its_source() -> None:
    merged = merge(
        [
            reading(0, "oauth", window("session", 10), window("weekly", 20)),
            reading(5, "rollouts", window("session", 30)),
        ]
    )
    assert [(lane.value.id, lane.value.used_percent, lane.source) for lane in merged.windows] == [
        ("session", 30, "rollouts"),
        ("weekly", 20, "oauth"),
    ]


def test_a_lane_is_dropped_when_a_complete_source_omits_it() -> None:
    old = reading(0, "rollouts", window("session", 10))
    partly = reading(1, "oauth", window("weekly", 20))
    assert {lane.value.id for lane in merge([old, partly]).windows} == {"session", "weekly"}
    wholly = reading(1, "oauth", window("weekly", 20), speaks_for=frozenset({"windows"}))
    assert {lane.value.id for lane in merge([old, wholly]).windows} == {"weekly"}


def test_credits_that_are_spent_for_good_do_not_linger() -> None:
    old = reading(0, credits=Credits(balance=Decimal(5)))
    assert merge([old, reading(1)]).credits is not None
    assert merge([old, reading(1, speaks_for=frozenset({"credits"}))]).credits is None


def test_spend_and_resets_stay_until_a_complete_source_omits_them() -> None:
    old = reading(0, spend=Spend(used=Decimal(5)), resets=ResetCredits(available=2))
    merged = merge([old, reading(1, "status")])
    assert merged.spend is not None
    assert merged.resets is not None
    assert (merged.spend.value.used, merged.resets.value.available) == (Decimal(5), 2)
    assert merge([old, reading(1, speaks_for=frozenset({"spend"}))]).spend is None
    assert merge([old, reading(1, speaks_for=frozenset({"resets"}))]).resets is None


def test_readings_from_before_another_owner_are_dropped() -> None:
    a, between, b, later = (
        reading(1, email="a@example.com"),
        reading(2, "rollouts"),
        reading(3, email="b@example.com"),
        reading(4, "rollouts"),
    )
    again = reading(5, email="B@example.com")
    assert of_last_owner([a, between]) == (between, a)
    assert of_last_owner([a, b, again, between, later]) == (again, later, b)
    assert of_last_owner([between]) == (between,)
    assert of_last_owner([]) == ()


def test_the_last_report_of_a_reached_limit_counts() -> None:
    reached, silent, over = (
        reading(0, limit_reached=True),
        reading(1, "status"),
        reading(2, limit_reached=False),
    )
    assert merge([reached, silent]).limit_reached_at == START
    assert merge([reached, silent, over]).limit_reached_at is None


def test_the_accounts_own_windows_come_first_and_those_of_a_model_together() -> None:
    ids = [
        "individual",
        "model:b:weekly",
        "model:a:weekly",
        "weekly",
        "model:b:session",
        "window:1440",
        "session",
    ]
    hours = {"session": 5, "weekly": 168, "1440": 24}
    windows = [
        RateWindow(
            id=ident,
            title=ident,
            used_percent=1,
            duration=timedelta(hours=hours[last]) if (last := ident.rpartition(":")[2]) in hours else None,
        )
        for ident in ids
    ]
    assert [lane.value.id for lane in merge([reading(0, "oauth", *windows)]).windows] == [
        "session",
        "window:1440",
        "weekly",
        "individual",
        "model:a:weekly",
        "model:b:session",
        "model:b:weekly",
    ]


def test_stale() -> None:
    assert not is_stale(START, None, START + timedelta(minutes=10))
    assert is_stale(START, None, START + timedelta(minutes=11))
    assert not is_stale(START, None, START + timedelta(minutes=29), every=timedelta(minutes=15))
    assert is_stale(START, START + timedelta(minutes=1), START + timedelta(minutes=1))


def test_a_last_resort_counts_where_no_other_source_said_it_lately() -> None:
    own = reading(0, "oauth", credits=Credits(balance=Decimal(1)), speaks_for=frozenset({"credits"}))
    web = replace(reading(30, "web", credits=Credits(balance=Decimal(2))), last_resort=frozenset({"credits"}))
    for order in permutations([own, web]):
        found = merge(order).credits
        assert found is not None
        assert (found.source, found.value.balance) == ("oauth", Decimal(1))
    late = replace(web, fetched_at=own.fetched_at + timedelta(minutes=61))
    found = merge([own, late]).credits
    assert found is not None
    assert found.source == "web"
    alone = merge([web]).credits
    assert alone is not None
    assert alone.source == "web"


def test_a_source_that_says_there_are_none_outweighs_a_last_resort() -> None:
    none = reading(0, "oauth", speaks_for=frozenset({"credits"}))
    web = replace(reading(30, "web", credits=Credits(balance=Decimal(2))), last_resort=frozenset({"credits"}))
    assert merge([none, web]).credits is None
