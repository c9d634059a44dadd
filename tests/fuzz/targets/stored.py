"""What tankful itself stored, and finds again after a crash, another version, or somebody's editor."""

from __future__ import annotations

import json
from datetime import UTC, timedelta
from pathlib import Path

import msgspec

from providers.domain.audit import CountedUse, UsedTokens, audited
from providers.domain.limits import Account, AccountUsage, Attempt, DayTokens, UsageError, UsageSnapshot
from providers.domain.merge import merge, prune
from providers.domain.server_audit import CountedThread, reported_day, reported_session, worth_asking
from providers.domain.server_count import ServerAnswer, ServerUse
from providers.domain.usage_rate import UsageRate
from providers.polling.account_store import AccountState, AccountStore, RejectedLogin, SourceState
from providers.polling.server_counts import ServerCounts, ServerCountStore
from tests.fuzz import mutate
from tests.fuzz.figures import Figures
from tests.fuzz.run import Target
from tests.fuzz.targets import reading
from tests.fuzz.targets.answers import ANTHROPIC, CHATGPT, NOW, parsed_anthropic, parsed_chatgpt
from tests.fuzz.targets.local_limits import check_left
from tests.tray.engine.budget_states import cost
from tray.engine import budgets, document, published
from tray.engine.notices.command import as_json
from tray.engine.notices.due import due
from tray.engine.notices.kinds import Topic
from tray.engine.notices.memory import Memory
from tray.engine.notices.stored import FILE, Mark, Stored, load, save
from tray.engine.settings import Settings
from tray.engine.state import State
from tray.faces.bars import watch
from tray.faces.bars.formats import FORMATS
from tray.faces.bars.line import bar_line
from tray.faces.guard.judge import judge
from tray.faces.guard.options import GuardOptions
from tray.view import menu, notices, output
from tray.view.audit import document as audit_document

KEY = "a1b2c3d4"
_BUDGETS = Settings(values={"budget.day": "20 USD", "budget.week": "50%"})

_GUARD = GuardOptions()
_GUARD.budget = True


def targets(folder: Path) -> tuple[Target, ...]:
    state = folder / "state"
    state.mkdir(parents=True)
    samples = list(_accounts(folder))
    return (
        _account_files(AccountStore(folder / "accounts"), samples),
        _server_counts(ServerCountStore(folder / "counts")),
        _snapshot(state, samples),
        _notices(folder / "notices", samples),
    )


def _account_files(store: AccountStore, samples: list[AccountState]) -> Target:
    file = store.file_of(KEY)
    file.parent.mkdir(parents=True)

    def check(content: bytes) -> None:
        file.write_bytes(content)
        known = store.account(KEY, NOW)
        figures = Figures(content, NOW)
        for each in known.readings:
            reading.check_figures(each, figures)
        snapshot = _shown(known)
        output.as_json(document.usage(snapshot, NOW))
        _notice(snapshot, Stored())
        check_left(
            output.as_text(menu.status_rows(State(snapshot=snapshot), NOW, UTC)).replace("\n", " "), figures
        )

    encoded = [msgspec.json.encode(sample) for sample in samples]
    return Target(name="account-files", make=mutate.of_json(encoded), check=check)


def _server_counts(store: ServerCountStore) -> Target:
    """What is left of it can be compared, shown and kept."""
    store.file_of(KEY).parent.mkdir(parents=True)
    thread = CountedThread(home="/h", account=KEY, use=CountedUse(on_lines=UsedTokens(9, 0.5), last_at=NOW))
    answer = ServerAnswer(
        sessions={"s": ServerUse(total_tokens=9, input_tokens=1, usd=0.5, is_estimate=True)},
        unknown=frozenset({"u"}),
        days=(DayTokens(day=NOW.date(), tokens=9),),
    )

    def check(content: bytes) -> None:
        store.file_of(KEY).write_bytes(content)
        counts = store.read(KEY, NOW)
        sessions = {name: reported_session(thread, each, "x") for name, each in counts.sessions.items()}
        days = {str(day): reported_day(day, each, 9, NOW, "x") for day, each in counts.days.items()}
        rows = audited("codex", "thread", {}, sessions) + audited("codex", "day", {}, days)
        output.as_json(audit_document.as_data(rows, NOW))
        worth_asking(dict.fromkeys(counts.sessions, thread), counts.sessions, NOW, 9)
        msgspec.json.encode(counts.with_answer(answer, dict.fromkeys("su", thread), NOW))

    sample = ServerCounts().with_answer(answer, dict.fromkeys("su", thread), NOW)
    return Target(name="server-counts", make=mutate.of_json([msgspec.json.encode(sample)]), check=check)


def _snapshot(state: Path, samples: list[AccountState]) -> Target:
    """A bar or a guard takes any damage as `published.DAMAGED`: nothing else may be raised."""

    def check(content: bytes) -> None:
        (state / published.FILE).write_bytes(content)
        found = published.read(str(state))
        if found is None:
            return
        now = NOW.timestamp()
        try:
            made = bar_line(published.as_of(found, now), "all", now)
            line = made.text + judge(found, now, _GUARD).text
            assert all("\n" not in form.write(made) for form in FORMATS.values())
        except published.DAMAGED:
            line = ""
        watch.until_another(found, now)
        check_left(line, Figures(content, NOW))
        try:
            json.dumps(published.usage(found, now), allow_nan=False)
        except published.DAMAGED:
            return

    documents = [
        {"settings": {"problem": None, "display": {"work_days": "mon-fri"}}}
        | document.usage(_shown(sample), NOW)
        | {"budgets": budgets.facts(_BUDGETS, {"home": cost(NOW.date(), 5.0, 12.0)}, _shown(sample).accounts)}
        for sample in samples
    ]
    encoded = [json.dumps({**each, "schema": published.SCHEMA}).encode() for each in documents]
    return Target(name="snapshot", make=mutate.of_json(encoded), check=check)


def _notices(folder: Path, samples: list[AccountState]) -> Target:
    """What was shown once, with an account of which there is something to say."""
    snapshot = _shown(samples[0])
    kept = Stored(
        seen={
            ("spent", KEY, "session"): Mark(NOW + timedelta(hours=2)),
            ("at_10", KEY, "weekly"): Mark(NOW, cleared=True),
        },
        muted_until=NOW + timedelta(hours=1),
    )
    save(folder, kept)

    def check(content: bytes) -> None:
        (folder / FILE).write_bytes(content)
        stored = load(folder, NOW)
        _notice(snapshot, stored)
        save(folder, stored)

    return Target(name="notices", make=mutate.of_json([(folder / FILE).read_bytes()]), check=check)


def _notice(snapshot: UsageSnapshot, stored: Stored) -> None:
    """All notices that can be, in words."""
    known: frozenset[tuple[str, Topic]] = frozenset({(KEY, "usage"), (KEY, "login")})
    state = State(snapshot=snapshot, settings=Settings(values={"notify.at_25": True, "notify.at_50": True}))
    found = due(Memory(since=NOW, seen=stored.seen, known=known), state, NOW, UTC)
    if found.show:
        text = notices.notice(found.key, found.show, state, NOW, UTC)
        json.dumps(as_json(text), allow_nan=False)
        assert text.title.isprintable()


def _accounts(folder: Path) -> list[AccountState]:
    refused = UsageError(kind="rate_limited", message="Rate-limited.", remedy="", retry_at=NOW)
    return [
        AccountState(
            readings=(found,),
            attempts=(Attempt(source="oauth", ok=False, ms=12, error=refused, notes=("limits.0",)),),
            error=refused,
            asked_at=NOW - timedelta(minutes=1),
            sources={"oauth": SourceState(asked_at=NOW, retry_at=NOW, refusals=2, error=refused)},
            failures=2,
            refused=(RejectedLogin(source="oauth", home="~/.codex", attested_at=NOW, at=NOW),),
            offline_since=NOW - timedelta(hours=1),
        )
        for found in (*parsed_chatgpt(folder / "c", CHATGPT), *parsed_anthropic(folder / "a", ANTHROPIC[:2]))
    ]


def _shown(known: AccountState) -> UsageSnapshot:
    merged = merge(prune(known.readings))
    usage = AccountUsage(
        provider="codex",
        title="Codex",
        homes=("~/.codex",),
        key=KEY,
        account=Account(id=KEY, email=merged.email, plan=merged.plan),
        windows=merged.windows,
        rates=tuple(_rate(lane.value.id) for lane in merged.windows),
        credits=merged.credits,
        spend=merged.spend,
        resets=merged.resets,
        limit_reached_at=merged.limit_reached_at,
        limits_known=merged.limits_known,
        tokens=merged.tokens,
        attempts=known.attempts,
        error=known.error,
        offline_since=known.offline_since,
    )
    return UsageSnapshot(generated_at=NOW, accounts=(usage,))


def _rate(window: str) -> UsageRate:
    return UsageRate(
        window=window, percent_per_hour=3.5, slowest=1.25, fastest=9.0, over=timedelta(hours=1), at=NOW
    )
