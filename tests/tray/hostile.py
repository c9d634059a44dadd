"""Dangerous names, and a state and a report in which others have named everything so."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from msgspec.structs import replace

from providers.domain.cost import BlockCost, CostReport, NotOnLines, SessionCost, Tally, TokenUsage
from providers.domain.incident import Incident
from providers.domain.limits import Account, Attempt, EarlyReset, UsageError
from providers.domain.live import (
    ChildProcess,
    GitState,
    LiveSession,
    LiveSubagent,
    McpServer,
    OrphanProcess,
    SessionsLook,
    SessionStatus,
    Task,
)
from tools.example_states import CLAUDE, CODEX, NOW, state, window
from tray.engine.settings import Settings
from tray.engine.settings_table import SETTINGS
from tray.engine.state import State

NAMES = {
    "terminal escape": "a\x1b[2J\x1b]0;b\x07c",
    "styles of ours": "a\x1b[1mb\x1b[31mc\x1b[0m",
    "line ends": "a\r\nb\x0bc\u2028d\u2029e\x85f",
    "nul": "a\0b",
    "C1": "a\x9b31mb\x90c\x9cd",
    "bidi": "a\u202eb\u2066c\u200fd\u061ce",
    "invisible": "a\u200bb\ufeffc\u00add\U000e0041e",
    "half surrogate": "a\ud83db\udcffc",
    "markup": "a<b>&amp;</b><span size='huge'>&",
    "format": "%s%n{0}{x!r}%{B#f00}#[fg=red]#(id)",
    "quotes": "a\"b'c`d$(id)\\e",
    "mnemonic": "_a__b&c",
    "long": "a\u0301" * 5000,
    "empty": "",
}
LATER = timedelta(days=2)


def hostile(name: str) -> State:
    """A state in which everything that is named by others has this name."""
    account = Account(id="a1b2c3d4", email=f"{name}@example.com", plan=name)
    error = UsageError(kind="not_understood", message=f"{name}.", remedy=f"{name}.")
    named = replace(
        CODEX,
        title=name,
        homes=(name, f"{name}2"),
        account=account,
        windows=(
            window("session", name, 95, timedelta(hours=5), timedelta(hours=1)),
            window("weekly", name, 100, timedelta(days=7), LATER),
            window(f"model:{name}:weekly", name, 50, timedelta(days=7), LATER),
        ),
        early_resets=(EarlyReset(window="weekly", at=NOW, refilled=True),),
        attempts=(Attempt(source=name, ok=False, ms=1, error=error, notes=(name,)),),
        source_titles={"oauth": name},
        error=error,
        cost=replace(CODEX.cost, priced="partial", unpriced_models=(name,)) if CODEX.cost else None,
    )
    assert CLAUDE.spend is not None
    spend = replace(CLAUDE.spend, value=replace(CLAUDE.spend.value, currency=name, used=Decimal(3)))
    second = replace(named, provider="claude", spend=spend)
    third = replace(second, account=replace(account, id="ffffffff"))
    settings = Settings(table=SETTINGS, problem=f"{name} is wrong.")
    incidents = {"codex": Incident(title=name, impact="major")}
    return state(
        named, second, third, incidents=incidents, settings=settings, sessions=hostile_sessions(name)
    )


def hostile_sessions(name: str) -> SessionsLook:
    """Sessions of which everything has this name."""
    session = LiveSession(
        provider="codex",
        id=name,
        home=name,
        status=SessionStatus(status="approval", since=NOW, task=Task(tool=name, argument=name)),
        kind=name,
        project=name,
        cwd=name,
        model=name,
        effort=name,
        version=name,
        title=name,
        children=(ChildProcess(pid=1, command=name, ports=(1,), shared_ports=(1,)),),
        subagents=(LiveSubagent(id=name, status="working", name=name),),
        git=GitState(branch=name),
        pid=7,
        owner_certain=True,
    )
    second = replace(session, id=f"{name}2", git=GitState(problem=name))
    return SessionsLook(
        at=NOW,
        sessions=(session, second),
        mcp_servers=(McpServer(pid=2, name=name),),
        orphans=(
            OrphanProcess(pid=3, command=name, ports=(1, 2), provider="codex", session=name, project=name),
        ),
        problems=(f"{name}.",),
    )


def report(name: str) -> dict[str, CostReport]:
    tally = Tally(usage=TokenUsage(input_tokens=1), responses=1, usd=1.0)
    by = {name: tally}
    session = SessionCost(
        id=name,
        home=name,
        project=name,
        started_at=NOW,
        last_at=NOW,
        models=(name,),
        subagents=1,
        tally=tally,
    )
    today = NOW.date()
    return {
        "codex": CostReport(
            since=today,
            until=today,
            totals=tally,
            not_on_lines=NotOnLines(tally=Tally(), month_to_date_usd=None, unpriced_models=()),
            by_model=by | {"gpt-5.5": tally},
            by_day={today: by},
            by_home=by,
            by_project=by,
            by_effort=by,
            by_account=by,
            by_session=(session,),
            by_block=(
                BlockCost(
                    started_at=NOW,
                    ends_at=NOW + LATER,
                    first_at=NOW,
                    last_at=NOW,
                    tally=tally,
                    by_model=by,
                    running=True,
                ),
            ),
            models_of={name: by},
            burn=None,
            month_to_date_usd=1.0,
            priced="partial",
            unpriced_models=(name,),
            files_by_home={name: 1},
            skipped_lines=1,
            unreadable_files=(name,),
        )
    }
