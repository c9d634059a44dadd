"""What holds of notices whatever happens, over restarts, gaps and clocks that are set back."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from providers.domain.limits import CLOCK_SLACK
from tests.tray.engine.notices.states import MINUTE, NOW, Life, window

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["look", "restart", "reset", "back", "mute", "menu", "local", "gone", "stale"]),
        st.sampled_from([0.0, 40.0, 80.0, 92.0, 99.5, 100.0, 130.0]),
        st.sampled_from([0.0, 30.0, 95.0, 100.0]),
        st.sampled_from([1, 4, 30, 200, 3000]),
    ),
    max_size=40,
)
LONG = timedelta(days=60)


def take(life: Life, step: tuple[str, float, float, int]) -> None:
    """One step of a life, up to its look."""
    what, session, week, minutes = step
    life.now += minutes * MINUTE
    life.source = "rollouts" if what == "local" else "oauth"
    life.watched = what == "menu"
    life.gone = what == "gone"
    life.fetched = life.now - timedelta(hours=2) if what == "stale" else None
    life.muted_until = life.now + timedelta(hours=1) if what == "mute" else None
    if what == "restart":
        life.restart()
    elif what == "back":
        life.now -= timedelta(days=2)
    ends = {"session": (life.session.resets_at, 5), "weekly": (life.weekly.resets_at, 168)}
    for ident, used in (("session", session), ("weekly", week)):
        end, hours = ends[ident]
        assert end is not None
        while end <= life.now or (
            what == "reset" and ident == "session" and end < life.now + 4 * 60 * MINUTE
        ):
            end += timedelta(hours=hours)
        life.change(**{ident: window(ident, used, end)})


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_never_two_for_the_same_window(steps: list[tuple[str, float, float, int]]) -> None:
    life = Life(settings={"notify.at_25": True, "notify.at_50": True})
    shown: Counter[tuple[object, ...]] = Counter()
    for step in steps:
        take(life, step)
        for occasion in life.look().show:
            ends = occasion.ends
            shown[(*occasion.id, None if ends is None else round(ends.timestamp() / 3600))] += 1
    assert not [key for key, times in shown.items() if times > 1]


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_what_is_shown_is_taken_away_in_the_end(steps: list[tuple[str, float, float, int]]) -> None:
    life = Life(settings={"notify.at_25": True, "notify.at_50": True})
    on_screen: set[str] = set()
    for step in steps:
        take(life, step)
        if step[0] == "restart":
            on_screen.clear()  # what is left of another process has its time in its text
        found = life.look()
        assert set(found.withdraw) <= on_screen
        on_screen -= set(found.withdraw)
        on_screen |= {found.key} if found.show else set()
        assert on_screen == set(life.memory.on_screen)
    life.now = max(life.now, NOW) + LONG
    life.change(session=0, weekly=0, gone=False, watched=True, source="oauth", fetched=None)
    life.look()
    assert not life.memory.on_screen


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_a_first_look_is_silent_whatever_was_before(steps: list[tuple[str, float, float, int]]) -> None:
    life = Life()
    for step in steps:
        take(life, step)
        life.look()
    life.restart()
    life.change(gone=False, watched=False, muted_until=None, source="oauth", fetched=None)
    assert not life.look().show
    assert not life.look().show, "nor is the same look, a second time"


@settings(max_examples=100, deadline=None)
@given(STEPS, st.integers(1, 120))
def test_a_look_without_news_shows_nothing(steps: list[tuple[str, float, float, int]], seconds: int) -> None:
    life = Life()
    for step in steps:
        take(life, step)
        at: datetime = life.now
        life.look()
        life.fetched = life.fetched or at
        assert not life.look(timedelta(seconds=seconds) if step[0] != "mute" else timedelta(0)).show
        assert len(life.memory.seen) < 100
    assert timedelta(0) < CLOCK_SLACK
