from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.domain.cost import Counter, HomeFigures, Tally, TokenUsage
from providers.domain.limits import AccountUsage
from providers.domain.live import SessionsLook
from tray.engine.cost_settings import NOT_ON_LINES
from tray.engine.settings import Settings
from tray.engine.settings_table import SETTINGS
from tray.engine.state import HomeCost, State
from tray.engine.transitions import (
    AccountRead,
    AccountsFound,
    AskingBegan,
    AskingEnded,
    CostsRead,
    CountBegan,
    CountEnded,
    CountProgressed,
    Event,
    Explained,
    RefreshEnded,
    RefreshPlanned,
    SessionsLooked,
    SettingSaved,
    SettingsRead,
    after,
)

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TODAY = NOW.date()
MINUTE = timedelta(minutes=1)
KEYS = ("a", "b", "c")


def account(key: str, title: str = "Codex") -> AccountUsage:
    return AccountUsage(provider="codex", title=title, homes=(key,), home_ids=(f"home-{key}",), key=key)


def cost(usd: float, *, day: Any = TODAY, complete: bool = True) -> HomeCost:
    tally = Tally(responses=1, usage=TokenUsage(input_tokens=10), usd=usd)
    figures = HomeFigures(
        today=tally,
        days_7=tally,
        days_30=tally,
        month=tally,
        priced="full",
        unpriced_models=(),
        files=1,
        last_days=(tally,),
        recent=Tally(usd=0.0),
    )
    return HomeCost(day=day, figures=figures, complete=complete)


keys = st.sampled_from(KEYS)
events: st.SearchStrategy[Event] = st.one_of(
    st.builds(SettingsRead, st.sampled_from([Settings(), Settings(problem="Line 2 is wrong.")])),
    st.builds(SettingSaved, st.none() | st.just("The file is read-only.")),
    st.builds(
        AccountsFound, st.permutations(KEYS).flatmap(lambda p: st.integers(0, 3).map(lambda n: tuple(p[:n])))
    ),
    st.tuples(keys, st.sampled_from("xy")).map(lambda pair: AccountRead(pair[0], account(*pair))),
    st.builds(AskingBegan, keys),
    st.builds(AskingEnded, keys),
    st.frozensets(keys).map(lambda found: RefreshEnded(NOW, found)),
    st.builds(CountBegan),
    st.builds(CountProgressed, st.none() | st.floats(0, 1)),
    st.builds(CountEnded, st.none() | st.just("The disk is full.")),
    st.builds(RefreshPlanned, st.sampled_from([5 * MINUTE, 30 * MINUTE])),
    st.sampled_from([None, SessionsLook(at=NOW), SessionsLook(at=NOW, problems=("No git.",))]).map(
        SessionsLooked
    ),
    st.dictionaries(keys.map(lambda key: f"home-{key}"), st.floats(0, 9).map(cost)).map(CostsRead),
)


@given(st.lists(events, max_size=30))
def test_a_state_is_what_its_events_make_of_it(happened: list[Event]) -> None:
    state, again = State(), State()
    for event in happened:
        before, copy = state, replace(state)
        state = after(state, event, NOW, TODAY)
        again = after(again, event, NOW, TODAY)
        assert before == copy, "a state is never changed"
        assert state == again, "the same event makes the same of the same state"
        assert state is before or state.revision == before.revision + 1
        assert after(state, event, NOW + MINUTE, TODAY) is state, "the same event again is no change"
        if state.snapshot is not None and state.order and state.snapshot.accounts:
            shown = [each.key for each in state.snapshot.accounts]
            known = [key for key in state.order if key in shown]
            assert shown == known or not known
        assert state.asking <= set(state.order) | {e.key for e in happened if isinstance(e, AskingBegan)}


def reads(*happened: Event, state: State = State()) -> State:  # noqa: B008 - frozen
    for event in happened:
        state = after(state, event, NOW, TODAY)
    return state


def shown(state: State) -> list[str]:
    return [each.key for each in state.snapshot.accounts] if state.snapshot else []


def test_accounts_stand_in_the_order_of_the_entries_whoever_is_read_first() -> None:
    state = reads(AccountsFound(("a", "b")), AccountRead("b", account("b")), AccountRead("a", account("a")))
    assert shown(state) == ["a", "b"]
    assert shown(reads(AccountsFound(("b", "a")), state=state)) == ["b", "a"]


def test_nothing_is_known_until_the_first_account_is_read() -> None:
    found = reads(AccountsFound(("a",)))
    assert found.snapshot is None
    assert shown(reads(AccountRead("a", account("a")), state=found)) == ["a"]
    nobody = reads(AccountsFound(()))
    assert nobody.snapshot is not None
    assert not nobody.snapshot.accounts


def test_an_account_that_is_not_there_any_more_is_neither_shown_nor_asked() -> None:
    state = reads(
        AccountsFound(("a", "b")),
        AccountRead("a", account("a")),
        AccountRead("b", account("b")),
        AskingBegan("a"),
    )
    state = reads(AccountsFound(("b",)), state=state)
    assert (shown(state), state.refreshing) == (["b"], False)
    assert shown(reads(AccountRead("a", account("a")), state=state)) == ["b"]


def test_what_was_there_stays_until_something_is_known_of_what_is_there_now() -> None:
    state = reads(AccountsFound(("a",)), AccountRead("a", account("a")), AccountsFound(("b",)))
    assert shown(state) == ["a"]
    assert shown(reads(AccountRead("b", account("b")), state=state)) == ["b"]


def test_costs_are_joined_by_the_homes_ids_whichever_comes_first() -> None:
    found = (AccountsFound(("a", "b")), AccountRead("a", account("a")), AccountRead("b", account("b")))
    counted = CostsRead({"home-a": cost(1.5)})
    first, last = reads(counted, *found), reads(*found, counted)
    assert first.snapshot == last.snapshot
    assert last.snapshot is not None
    one, other = last.snapshot.accounts
    assert one.cost is not None
    assert (one.cost.today_usd, one.cost.days_30_usd, one.cost.complete) == (1.5, 1.5, True)
    assert other.cost is None


def test_accounts_are_judged_by_the_interval_of_now_whichever_comes_first() -> None:
    found = (AccountsFound(("a",)), AccountRead("a", account("a")))
    planned = RefreshPlanned(30 * MINUTE)
    first, last = reads(planned, *found), reads(*found, planned)
    for state in (first, last):
        assert state.snapshot is not None
        assert state.snapshot.accounts[0].refresh_every == state.refresh_every == 30 * MINUTE


def test_a_look_that_finds_the_same_is_no_change() -> None:
    state = reads(SessionsLooked(SessionsLook(at=NOW)))
    assert state.sessions is not None
    assert reads(SessionsLooked(SessionsLook(at=NOW + MINUTE)), state=state) is state
    changed = reads(SessionsLooked(SessionsLook(at=NOW + MINUTE, problems=("No git.",))), state=state)
    assert changed.sessions is not None
    assert changed.sessions.at == NOW + MINUTE
    assert reads(SessionsLooked(None), state=changed).sessions is None


def test_costs_of_yesterday_say_nothing_of_today() -> None:
    yesterday = TODAY - timedelta(days=1)
    counted = CostsRead({"home-a": cost(1.5, day=yesterday)})
    state = reads(AccountsFound(("a",)), AccountRead("a", account("a")), counted)
    assert state.snapshot is not None
    shown = state.snapshot.accounts[0].cost
    assert shown is not None
    assert (shown.today_usd, shown.days_30_usd, shown.complete) == (None, 1.5, False)


def test_an_account_that_is_read_again_without_a_change_is_none() -> None:
    counted = CostsRead({"home-a": cost(1.5)})
    state = reads(AccountsFound(("a",)), AccountRead("a", account("a")), counted)
    assert after(state, AccountRead("a", account("a")), NOW + MINUTE, TODAY) is state


def test_what_is_read_of_an_account_that_is_not_there_is_no_snapshot() -> None:
    found = reads(AccountsFound(("a",)))
    assert reads(AccountRead("b", account("b")), state=found) is found


def test_counters_stay_until_there_are_newer_ones() -> None:
    first, second = (Counter(provider="codex", account="", model="m", epoch=n, tally=Tally()) for n in (0, 1))
    state = reads(CostsRead({}, (first,)))
    assert reads(CostsRead({}), CostsRead({}, ()), state=state).counters == (first,)
    assert reads(CostsRead({}, (second,)), state=state).counters == (second,)


def test_a_count_begins_without_the_progress_of_the_last() -> None:
    assert reads(CountBegan(), CountProgressed(0.4), CountBegan()).progress is None


def test_a_count_ends_its_progress_and_reports_its_problem() -> None:
    state = reads(CountBegan(), CountProgressed(0.4))
    assert (state.counting, state.progress) == (True, 0.4)
    ended = reads(CountEnded("The disk is full."), state=state)
    assert (ended.counting, ended.progress, ended.count_problem) == (False, None, "The disk is full.")
    assert reads(CountProgressed(0.9), state=ended) is ended
    assert reads(CountBegan(), CountEnded(), state=ended).count_problem is None


def test_what_is_not_on_lines_is_left_out_at_once_by_the_setting() -> None:
    def tally(usd: float) -> Tally:
        return Tally(responses=1, usage=TokenUsage(input_tokens=round(usd)), usd=usd)

    def figures(usd: float, **more: Any) -> HomeFigures:
        spans: dict[str, Any] = dict.fromkeys(("today", "days_7", "days_30", "month", "recent"), tally(usd))
        return HomeFigures(
            **spans,
            priced="full",
            unpriced_models=(),
            files=1,
            last_days=(tally(usd),),
            **more,
        )

    whole = figures(9.0, not_on_lines=tally(2.0), on_lines=figures(7.0))
    costs = {"home": HomeCost(day=NOW.date(), figures=whole, complete=True)}
    usage = AccountUsage(provider="codex", title="Codex", homes=("~",), key="a", home_ids=("home",))
    state = State(settings=Settings(table=SETTINGS))
    for event in (AccountsFound(("a",), (usage,)), CostsRead(costs)):
        state = after(state, event, NOW, NOW.date())
    (cost,) = (each.cost for each in state.accounts)
    assert cost is not None
    assert (cost.month_usd, cost.days_30_usd, cost.not_on_lines_usd) == (9.0, 9.0, 2.0)
    off = Settings(table=SETTINGS, values={NOT_ON_LINES.key: False})
    (cost,) = (each.cost for each in after(state, SettingsRead(off), NOW, NOW.date()).accounts)
    assert cost is not None
    assert (cost.month_usd, cost.days_30_usd, cost.not_on_lines_tokens) == (7.0, 7.0, 0)


def test_an_explanation_is_seen_until_a_count_says_otherwise() -> None:
    unknown = after(State(), CostsRead({}, is_explained=False), NOW, NOW.date())
    assert not unknown.is_explained
    assert after(unknown, Explained(), NOW, NOW.date()).is_explained
