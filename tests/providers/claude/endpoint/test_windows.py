from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.claude.endpoint.windows import Found, find
from tests.fake_anthropic import NOW, SESSION_RESET, WEEK_RESET, flat, limit, usage
from tests.providers.codex.test_auth import json_values

SESSION_END, WEEK_END = map(datetime.fromisoformat, (SESSION_RESET, WEEK_RESET))
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LISTED = [
    limit("session", 40, SESSION_RESET),
    limit("weekly_all", 62),
    limit("weekly_scoped", 33, model="Opus 5"),
    limit("weekly_scoped", 5, surface="Cowork"),
]


def read(raw: dict[str, Any]) -> Found:
    return find(raw, NOW, lambda _: True)


def used(raw: dict[str, Any]) -> dict[str, float]:
    return {window.id: window.used_percent for window in read(raw).windows}


def test_the_list_takes_precedence() -> None:
    found = read(usage(limits=LISTED))
    assert {w.id: (w.title, w.used_percent) for w in found.windows} == {
        "session": ("5h", 40),
        "weekly": ("Weekly", 62),
        "surface:cowork:weekly": ("Cowork", 5),
        "model:opus-5:weekly": ("Opus 5", 33),
        "model:sonnet:weekly": ("Sonnet", 12.0),
    }
    assert found.windows[0].resets_at == SESSION_END
    assert (found.complete, found.dropped) == (True, ())


def test_a_response_of_a_max_account_in_autumn_2026() -> None:
    """As public captures have it, with other numbers."""
    budget = {"limit_dollars": None, "used_dollars": None, "remaining_dollars": None, "locked_reason": None}
    found = read(
        {
            "five_hour": {"utilization": 24.0, "resets_at": SESSION_RESET, **budget},
            "seven_day": {"utilization": 83.0, "resets_at": WEEK_RESET, **budget},
            "seven_day_oauth_apps": None,
            "seven_day_opus": None,
            "seven_day_sonnet": None,
            "seven_day_cowork": None,
            "seven_day_omelette": None,
            "tangelo": None,
            "iguana_necktie": {**budget, "utilization": 20.6, "resets_at": "2027-01-05T07:59:00+00:00"}
            | {"limit_dollars": 250, "used_dollars": 51.5, "remaining_dollars": 198.5},
            "nimbus_quill": {"utilization": 0.0, "resets_at": None, **budget},
            "cedar_ember": {"eligible": True, "grants": []},
            "seven_day_breakdown": {"as_of": WEEK_RESET, "rows": [{"key": "chat", "percent": 3}]},
            "extra_usage": {"is_enabled": False, "utilization": None},
            "limits": [
                limit("session", 24, SESSION_RESET),
                limit("weekly_all", 83),
                limit("weekly_scoped", 36, model="Fable"),
            ],
            "spend": {"percent": 0, "enabled": False},
            "member_dashboard_available": False,
        }
    )
    assert [(w.id, w.title, w.used_percent, w.duration) for w in found.windows] == [
        ("session", "5h", 24, 5 * HOUR),
        ("weekly", "Weekly", 83, 7 * DAY),
        ("model:fable:weekly", "Fable", 36, 7 * DAY),
        ("surface:iguana_necktie:unknown", "Iguana necktie", 20.6, None),
    ]
    assert (found.complete, found.lost, found.dropped) == (True, False, ("nimbus_quill",))


@pytest.mark.parametrize(
    ("name", "ident", "title", "duration"),
    [
        ("seven_day_omelette", "surface:design:weekly", "Design", 7 * DAY),
        ("seven_day_cowork", "surface:cowork:weekly", "Cowork", 7 * DAY),
        ("seven_day_overage_included", "model:fable:weekly", "Fable", 7 * DAY),
        ("seven_day_claude_design", "surface:claude-design:weekly", "Claude design", 7 * DAY),
        ("five_hour_routines", "surface:routines:session", "Routines", 5 * HOUR),
        ("weekly_haiku", "surface:haiku:weekly", "Haiku", 7 * DAY),
        ("daily_routines", "surface:routines:1440", "Routines", DAY),
        ("iguana_necktie", "surface:iguana_necktie:unknown", "Iguana necktie", None),
        ("monthly_claude_design", "surface:claude-design:monthly", "Claude design", 30 * DAY),
        ("seven_days_off", "surface:seven_days_off:unknown", "Seven days off", None),
    ],
)
def test_members_are_named_by_their_key(
    name: str, ident: str, title: str, duration: timedelta | None
) -> None:
    for sent in ({name: flat(96.5, SESSION_RESET)}, {"limits": [limit(name, 96.5, SESSION_RESET)]}):
        (found,) = read(sent).windows
        assert (found.id, found.title, found.duration) == (ident, title, duration)
        assert (found.used_percent, found.resets_at) == (96.5, SESSION_END)
        assert found.scope in ("model", "feature")


@pytest.mark.parametrize(
    ("name", "ident", "title", "duration"),
    [
        ("monthly", "monthly", "Monthly", 30 * DAY),
        ("monthly_all", "monthly", "Monthly", 30 * DAY),
        ("thirty_day", "monthly", "Monthly", 30 * DAY),
        ("one_day", "window:1440", "1d", DAY),
        ("weekly", "weekly", "Weekly", 7 * DAY),
        ("session_all", "session", "5h", 5 * HOUR),
    ],
)
def test_a_name_of_a_length_alone_is_the_accounts(
    name: str, ident: str, title: str, duration: timedelta
) -> None:
    for sent in ({name: {"utilization": "96.5"}}, {"limits": [limit(name, 96.5, None)]}):
        (found,) = read(sent).windows
        assert (found.id, found.title, found.duration, found.scope) == (ident, title, duration, "account")


def test_a_month_may_have_31_days() -> None:
    for days, known in ((31, True), (32, False)):
        (found,) = read({"monthly": flat(5, (NOW + days * DAY).isoformat())}).windows
        assert found.resets_at == (NOW + days * DAY if known else None)


@pytest.mark.parametrize(
    "member",
    [
        [flat(5)],
        {"seven_day": flat(50)},
        {"windows": [{"of": flat(50)}]},
        {"utilization": None, "limit_dollars": 250, "used_dollars": 240},
    ],
)
def test_a_limit_that_stands_elsewhere_is_named(member: object) -> None:
    found = read(usage(tangelo=member))
    assert (len(found.windows), found.complete, found.dropped) == (3, True, ("tangelo",))


def test_either_form_may_use_the_name_of_the_other() -> None:
    assert used({"limits": [{"kind": "session", "utilization": 37}]}) == {"session": 37}
    assert used({"limits": [{"kind": "session", "utilization": 37, "percent": 38}]}) == {"session": 38}
    assert used({"seven_day": {"percent": "61"}}) == {"weekly": 61}


@pytest.mark.parametrize(
    "member",
    [None, {}, [], True, "5", {"utilization": None, "resets_at": WEEK_RESET}, {"used_percent": 5}],
)
def test_a_member_without_a_utilization_is_no_window(member: object) -> None:
    found = read(usage(tangelo=member))
    assert (len(found.windows), found.dropped) == (3, ())


def test_a_member_that_we_do_not_know_is_dropped_without_a_loss() -> None:
    found = read(usage(tangelo=flat(-1), nimbus_quill=flat(0, None)))
    assert (len(found.windows), found.complete) == (3, True)
    assert found.dropped == ("tangelo", "nimbus_quill")


def test_a_model_that_the_list_names_more_closely_is_there_once() -> None:
    assert (
        used(usage(limits=LISTED, seven_day_opus=flat(31.0), seven_day_cowork=flat(4)))["model:opus-5:weekly"]
        == 33
    )
    assert len(used(usage(limits=LISTED, seven_day_opus=flat(31.0), seven_day_cowork=flat(4)))) == 5
    assert used({"limits": [limit("weekly_scoped", 7, model="Haiku 5")], "seven_day_haiku": flat(6)}) == {
        "model:haiku-5:weekly": 7
    }
    assert len(used({"limits": [limit("weekly_scoped", 7, model="Opus 5")], "seven_day_op": flat(6)})) == 2


@pytest.mark.parametrize(
    ("flat_one", "listed", "expected"),
    [
        ({"five_hour": flat(37, SESSION_RESET)}, limit("session", 40, None), (40, SESSION_END)),
        ({"five_hour": flat(37, SESSION_RESET)}, {"kind": "session", "percent": 40}, (40, SESSION_END)),
        ({"five_hour": flat(37, SESSION_RESET)}, limit("session", 40, "soon"), (40, SESSION_END)),
        ({"five_hour": flat(37, None)}, {"kind": "session", "resets_at": SESSION_RESET}, (37, SESSION_END)),
        ({"five_hour": flat(None, SESSION_RESET)}, limit("session", 40, None), (40, SESSION_END)),
        ({"five_hour": flat(37, None)}, limit("session", 40, None), (40, None)),
        ({"five_hour": flat(37, WEEK_RESET)}, limit("session", 40, None), (40, None)),
        ({"five_hour": flat(37, SESSION_RESET)}, limit("session", -1, None), (37, SESSION_END)),
        ({"seven_day_opus": flat(5)}, limit("weekly_scoped", 6, None, model="Opus 5"), (6, WEEK_END)),
    ],
)
def test_the_list_leads_value_by_value(flat_one: dict[str, Any], listed: Any, expected: object) -> None:
    (found,) = read({**flat_one, "limits": [listed]}).windows
    assert (found.used_percent, found.resets_at) == expected


@pytest.mark.parametrize("silent", [None, []])
def test_an_empty_list_falls_back_to_the_fields(silent: object) -> None:
    assert read(usage(limits=silent)).windows == read(usage()).windows


@pytest.mark.parametrize(
    "changes",
    [
        {"five_hour": None},
        {"five_hour": flat(None)},
        {"five_hour": {}},
        {"five_hour": flat(None, None), "limits": [{"kind": "session", "percent": None}]},
    ],
)
def test_null_is_neither_0_nor_100(changes: dict[str, Any]) -> None:
    assert list(used(usage(**changes))) == ["weekly", "model:sonnet:weekly"]
    assert read(usage(**changes)).complete


@pytest.mark.parametrize("number", [37, 37.0, "37", " 37.0 "])
def test_numbers_in_any_form(number: Any) -> None:
    assert used({"five_hour": {"utilization": number}}) == {"session": 37}
    assert used({"limits": [limit("session", number)]}) == {"session": 37}
    assert used({"tangelo": {"utilization": number}}) == {"surface:tangelo:unknown": 37}


@pytest.mark.parametrize(
    ("changes", "dropped"),
    [
        ({"five_hour": "37"}, "five_hour"),
        ({"five_hour": {"utilization": "37 %"}}, "five_hour"),
        ({"five_hour": {"utilization": True}}, "five_hour"),
        ({"five_hour": flat(-1)}, "five_hour"),
        ({"five_hour": flat(NOW.timestamp())}, "five_hour"),
        ({"five_hour": None, "limits": [7]}, "limits.0"),
        ({"five_hour": None, "limits": [{"percent": 5}]}, "limits.0"),
        ({"five_hour": None, "limits": [limit("session", -5)]}, "limits.0"),
        ({"five_hour": None, "limits": {"session": 1}}, "limits"),
    ],
)
def test_a_bad_window_is_dropped_and_named_its_siblings_kept(changes: dict[str, Any], dropped: str) -> None:
    found = read(usage(**changes))
    assert [w.id for w in found.windows] == ["weekly", "model:sonnet:weekly"]
    assert (found.dropped, found.complete, found.lost) == ((dropped,), False, True)


@pytest.mark.parametrize("name", [None, "\x1b[2J", "--", "", "x" * 41, 7])
def test_an_entry_that_names_nothing_to_show_is_named_and_hides_no_other(name: Any) -> None:
    scope = {"model": {"display_name": name}}
    found = read(usage(limits=[{"kind": "weekly_scoped", "percent": 5, "scope": scope}]))
    assert (len(found.windows), found.dropped, found.complete) == (3, ("limits.0",), True)


def test_a_model_is_shown_by_whatever_name_is_plain_text() -> None:
    (found,) = read({"limits": [limit("weekly_scoped", 33, model="Opus 5 (1M)")]}).windows
    assert (found.id, found.title) == ("model:opus-5-1m:weekly", "Opus 5 (1M)")


def test_of_two_entries_of_one_name_the_tighter_one_blocks() -> None:
    twice = [limit("weekly_all", 5), limit("weekly_all", 70), {"kind": "weekly_all"}, limit("weekly_all", 6)]
    assert used({"limits": twice}) == {"weekly": 70}


@pytest.mark.parametrize(
    ("resets_at", "expected"),
    [
        (WEEK_RESET, WEEK_END),
        ("2026-11-23T17:55:00+01:00", WEEK_END),
        ("2026-11-23T16:55:00Z", WEEK_END),
        ("2026-11-23T16:55:00", WEEK_END),
        (1_795_452_900, datetime(2026, 11, 23, 16, 55, tzinfo=UTC)),
        ("1795452900", datetime(2026, 11, 23, 16, 55, tzinfo=UTC)),
        ("2026-11-20T11:00:00Z", NOW - HOUR),
    ],
)
def test_when_it_refills(resets_at: Any, expected: datetime) -> None:
    found = read({"seven_day": flat(5, resets_at)})
    assert (found.windows[0].resets_at, found.dropped) == (expected, ())


@pytest.mark.parametrize("resets_at", ["0001-01-01T00:00:00+14:00", "soon", 1e300, True, [], 0])
def test_a_reset_that_is_none_is_named(resets_at: Any) -> None:
    found = read({"seven_day": flat(5, resets_at)})
    assert (found.windows[0].resets_at, found.dropped, found.complete) == (
        None,
        ("seven_day.resets_at",),
        True,
    )


@pytest.mark.parametrize(
    ("name", "longest"),
    [("five_hour", 5 * HOUR), ("seven_day", 7 * DAY), ("tangelo", 400 * DAY - 5 * MINUTE)],
)
def test_no_window_resets_later_than_it_is_long(name: str, longest: timedelta) -> None:
    for ahead, known in ((longest, True), (longest + 5 * MINUTE, True), (longest + 6 * MINUTE, False)):
        (found,) = read({name: flat(5, (NOW + ahead).isoformat())}).windows
        assert found.resets_at == (NOW + ahead if known else None)


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(["five_hour", "seven_day_x", "tangelo", "limits", "\x07"]), json_values)
)
def test_any_values_are_windows_or_dropped(raw: dict[str, Any]) -> None:
    found = read(raw)
    for window in found.windows:
        assert 0 <= window.used_percent <= 10_000
        assert window.title.isprintable()
    assert found.lost <= bool(found.dropped)
