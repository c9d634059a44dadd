"""When a session that waits for the person has a notice: once, after some seconds, and until the wait is over."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.domain.live import Status
from tests.tray.engine.notices.sessions.life import SECOND, Life
from tests.tray.engine.notices.states import MINUTE, NOW
from tray.engine.notices.sessions.kinds import SETTLES, UNSURE_SETTLES
from tray.engine.notices.sessions.waits import FOCUS_AGAIN

KEY = "session:claude:~/.claude:a"


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("approval", [["approval a"]]),
        ("waiting", [["question a"]]),
        ("working", []),
        ("idle", []),
        ("done", []),
        ("unknown", []),
    ],
)
def test_what_is_worth_a_notice(status: Status, shown: list[list[str]]) -> None:
    life = Life()
    life.set("a", status)
    assert life.shown(0) == []
    assert life.shown(10) == shown
    assert life.shown(10) == [], "once"
    assert life.shown(3600) == []


def test_what_is_answered_within_seconds_has_none() -> None:
    life = Life()
    life.set("a", "approval")
    found = life.look()
    assert (found.show, found.again_at) == ((), NOW + SETTLES)
    life.set("a", "working")
    assert life.shown(5) == []
    assert life.look(MINUTE).again_at is None


def test_what_only_a_log_says_must_hold_for_longer() -> None:
    life = Life()
    life.set("a", "approval", evidence="log")
    assert life.look().again_at == NOW + UNSURE_SETTLES
    assert life.shown(10) == []
    assert life.shown(3) == [["approval a"]]
    other = Life()
    other.set("b", "waiting", evidence="log")
    assert other.look().again_at == NOW + SETTLES, "a question stands in the log"


def test_it_is_withdrawn_once_the_wait_is_over() -> None:
    for status in ("working", "idle", "done", "unknown"):
        life = Life()
        life.set("a", "approval")
        life.look()
        assert life.look(10 * SECOND).show[0][0] == KEY
        assert life.look(MINUTE).withdraw == ()
        life.set("a", status)
        assert life.look(SECOND).withdraw == (KEY,)
        assert life.look(SECOND).withdraw == ()


@pytest.mark.parametrize("change", ["its session is not there", "nobody looks"])
def test_it_is_withdrawn_where_nothing_is_known_any_more(change: str) -> None:
    life = Life()
    life.set("a", "approval")
    life.look()
    life.look(10 * SECOND)
    if change == "nobody looks":
        life.is_looked_at = False
    else:
        life.sessions.clear()
    assert life.look(SECOND).withdraw == (KEY,)


def test_the_next_wait_of_a_session_has_its_own() -> None:
    life = Life()
    life.set("a", "approval")
    life.look()
    assert life.shown(10) == [["approval a"]]
    life.set("a", "approval", since=life.now + 8 * SECOND)
    found = life.look(10 * SECOND)
    assert (found.show, found.withdraw) == ((), (KEY,)), "the first is over, although nobody saw it end"
    assert life.shown(10) == [["approval a"]]
    life.set("a", "waiting", tool="AskUserQuestion")
    life.look()
    assert life.shown(10) == [["question a"]]


def test_a_status_that_wavers_is_one_wait() -> None:
    life = Life()
    began = life.now
    for _ in range(5):
        life.set("a", "approval", since=began)
        life.look()
        life.look(10 * SECOND)
        life.set("a", "working")
        life.look(20 * SECOND)
    life.set("a", "approval", since=began)
    assert life.shown(60) == []


def test_two_sources_that_differ_about_its_begin_and_its_tool_mean_one_wait() -> None:
    life = Life()
    life.set("a", "approval", evidence="log", tool=None)
    life.look()
    life.set("a", "approval", evidence="hook", since=life.now + SECOND)
    assert life.shown(7) == [["approval a"]]
    life.set("a", "approval", evidence="program", since=NOW + 2 * SECOND)
    assert life.shown(7) == []


def test_without_a_date_a_wait_is_one_as_long_as_it_is_seen() -> None:
    life = Life()
    life.set("a", "approval", dated=False)
    life.look()
    assert life.shown(10) == [["approval a"]]
    assert life.shown(50) == []
    life.set("a", "working")
    life.look(MINUTE)
    life.set("a", "approval", dated=False)
    life.look(2 * MINUTE)
    assert life.shown(10) == [["approval a"]]


def test_what_waited_before_this_process_began_has_none() -> None:
    life = Life()
    life.set("a", "approval", since=life.memory.since - SECOND)
    life.set("b", "approval", since=life.memory.since + SECOND)
    life.look()
    assert life.shown(10) == [["approval b"]]
    life.restart()
    life.look()
    assert life.shown(10) == []


def test_several_are_one_notice_the_longest_wait_first() -> None:
    life = Life()
    life.set("a", "approval", since=NOW - 5 * SECOND)
    life.set("b", "waiting", since=NOW - 9 * SECOND)
    life.look()
    assert life.shown(10) == [["question b", "approval a"]]
    life.set("b", "working")
    assert life.look(SECOND).withdraw == (), "one of them still waits"
    life.set("a", "working")
    assert life.look(SECOND).withdraw == ("session:claude:~/.claude:b",)


@pytest.mark.parametrize("key", ["notify.approval", "notify.enabled"])
def test_none_of_a_kind_that_is_switched_off(key: str) -> None:
    life = Life()
    life.settings[key] = False
    life.set("a", "approval")
    life.look()
    assert life.shown(10) == []
    life.settings[key] = True
    assert life.shown(10) == [], "it was there before"


def test_what_still_holds_after_a_mute_is_shown() -> None:
    life = Life()
    life.muted_until = NOW + MINUTE
    for name in ("a", "b"):
        life.set(name, "approval")
    life.look()
    assert life.shown(30) == []
    assert life.asked_for_focus == []
    life.set("b", "working")
    life.look()
    life.muted_until = None
    assert life.shown(30) == [["approval a"]]


def test_at_quiet_hours_there_is_none() -> None:
    life = Life()
    life.settings["notify.quiet_hours"] = "12:30-13:30"  # it is 13:00 in Berlin
    life.set("a", "approval")
    life.look()
    assert life.shown(60) == []
    assert life.shown(3600) == [["approval a"]]


def test_what_is_seen_in_the_open_menu_has_none() -> None:
    life = Life()
    life.set("a", "approval")
    life.watched = True
    life.look()
    life.watched = False
    assert life.shown(10) == []


def test_quiet_while_the_person_looks_at_its_terminal() -> None:
    life = Life()
    life.set("a", "approval")
    life.focused = {"a"}
    life.look()
    assert life.asked_for_focus == [], "nobody is asked before it is due"
    found = life.look(10 * SECOND)
    assert (found.show, found.again_at) == ((), life.now + FOCUS_AGAIN)
    life.focused = set()
    assert life.shown(5) == [["approval a"]]
    asked = len(life.asked_for_focus)
    life.look(10 * SECOND)
    assert len(life.asked_for_focus) == asked, "nor afterwards"


def test_a_clock_that_is_set_back_neither_repeats_nor_loses_one() -> None:
    life = Life()
    life.set("a", "approval")
    life.look()
    life.now -= timedelta(days=2)
    assert life.shown(0) == []
    life.now += SETTLES
    assert life.shown(0) == [["approval a"]]
    assert life.shown(10) == []
    assert life.shown(2 * 86400) == []


NAMES = ("a", "b", "c")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from(["approval", "waiting", "working", "idle", "done", "unknown", "away", "same"]),
        st.sampled_from(["hook", "program", "log", "process"]),
        st.sampled_from([0, 1, 4, 7, 15, 70]),
        st.sampled_from(["", "", "", "mute", "watch", "focus", "wobble", "blind"]),
    ),
    max_size=40,
)


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_whatever_happens_a_wait_has_one_notice_and_what_is_over_has_none_on_the_screen(
    steps: list[tuple[str, str, str, int, str]],
) -> None:
    life = Life()
    begins: dict[str, tuple[str, int]] = {}
    shown: Counter[tuple[str, str, int]] = Counter()
    on_screen: dict[str, set[str]] = {}
    for number, (name, status, evidence, seconds, what) in enumerate(steps):
        life.now += seconds * SECOND
        life.muted_until = life.now + MINUTE if what == "mute" else None
        life.watched, life.is_looked_at = what == "watch", what != "blind"
        life.focused = {name} if what == "focus" else set()
        if status == "away":
            life.sessions.pop(name, None)
        elif status != "same":
            # Each wait begins at a second of its own; "wobble" is another source's view of the same one.
            life.now += 10 * SECOND
            life.set(name, status, evidence=evidence)  # type: ignore[arg-type]
            begins[name] = (status, number)
        elif what == "wobble" and name in life.sessions:
            since = life.sessions[name].status.since
            kept = life.sessions[name].status.status
            life.set(name, kept, since=since + SECOND if since and since.second % 2 else since)
        found = life.look()
        for key in found.withdraw:
            del on_screen[key]
        for key, occasions in found.show:
            on_screen[key] = {each.session.id for each in occasions}
            for each in occasions:
                assert each.session.status.status in ("approval", "waiting")
                shown[each.session.id, *begins[each.session.id]] += 1
        assert set(found.memory.on_screen) == set(on_screen)
        for sessions in on_screen.values():
            waiting = {
                each.id for each in life.sessions.values() if each.status.status in ("approval", "waiting")
            }
            assert sessions & waiting, "a notice without a wait"
            assert life.is_looked_at
    assert not [wait for wait, times in shown.items() if times > 1]
