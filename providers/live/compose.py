"""What was observed of a session, and what it used, as a LiveSession. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from providers.domain.context_use import ContextUse
from providers.domain.live import STATUSES, GitState, LiveSession, LiveSubagent
from providers.domain.session_figures import RATE_SPAN, AskedSession, SessionFigures
from providers.live.children import SessionChildren
from providers.live.observed import ObservedSession
from providers.sessions import SessionFacts

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_NAME_LENGTH = 30


class HomeAccount(Struct, frozen=True, kw_only=True):
    """Who is signed in to a home, whether the account is blocked, and of its weekly window how much is used and
    when it began; None if unknown.
    """

    id: str | None = None
    is_blocked: bool = False
    week_percent: float | None = None
    week_since: datetime | None = None


Accounts = Mapping[Path, HomeAccount]
"""By the paths of the homes."""


def question(one: ObservedSession, accounts: Accounts) -> AskedSession | None:
    """What the ledger is asked; None for a session without a log."""
    logs = tuple(log for each in one.all() if (log := each.found.log) is not None)
    if not logs:
        return None
    account = accounts.get(one.candidate.home.path, HomeAccount())
    return AskedSession(
        key=one.candidate.key,
        logs=logs,
        account=account.id,
        week_since=None if account.week_percent is None else account.week_since,
    )


class Extras(Struct, frozen=True, kw_only=True):
    """What is known of a session beside its log: the memory of its program, its children, its folder's git, what
    it used.
    """

    rss: int | None = None
    children: SessionChildren = SessionChildren()
    git: GitState | None = None
    figures: SessionFigures | None = None
    account: HomeAccount = HomeAccount()


def composed(one: ObservedSession, extras: Extras, now: datetime, *, with_title: bool = False) -> LiveSession:
    found, facts, figures = one.found, one.facts, extras.figures
    return LiveSession(
        provider=one.candidate.provider.id,
        id=found.id,
        home=one.candidate.home.label,
        status=one.status,
        kind=found.kind or ("" if found.pid is not None else facts.kind),
        account=extras.account.id,
        project=one.project,
        cwd=one.cwd,
        model=facts.model,
        effort=facts.effort,
        version=facts.version or found.version,
        title=(found.title or facts.title) if with_title else None,
        context_tokens=facts.context_tokens,
        context_window=_context_window(one, figures),
        own=figures.own if figures else None,
        tally=figures.tally if figures else None,
        turns=one.tail.turns if one.tail else None,
        compactions=one.tail.compactions if one.tail else None,
        started_at=facts.started_at or found.since,
        last_at=one.last_at,
        pid=found.pid,
        owner_certain=found.pid is not None,
        rss=extras.rss,
        tokens_per_minute=_rate(one, figures, now),
        token_history=figures.history if figures else (),
        week_percent=_week_percent(figures, extras.account),
        children=extras.children.shown,
        more_children=extras.children.more,
        subagents=tuple(_subagent(each, figures) for each in [*one.all()][1:]),
        git=extras.git or _git(facts),
        memory_files=found.memory_files,
        rate_limited=extras.account.is_blocked or facts.is_refused,
    )


def in_order(sessions: Iterable[LiveSession]) -> tuple[LiveSession, ...]:
    """Those that wait for the person first, then the newest."""
    newest = sorted(sessions, key=lambda one: one.last_at or one.started_at or _LONG_AGO, reverse=True)
    return tuple(sorted(newest, key=lambda one: STATUSES.index(one.status.status)))


def _context_window(one: ObservedSession, figures: SessionFigures | None) -> int | None:
    """What the end of the log does not show, the largest prompt of all may."""
    facts = one.facts
    if facts.context_window is not None or facts.context_tokens is None or figures is None:
        return facts.context_window
    provider, ident = one.candidate.provider, one.found.id
    use = ContextUse(
        provider=provider.id,
        session=ident,
        thread=ident,
        is_subagent=one.found.parent is not None,
        home=one.candidate.home.label,
        account=None,
        project=None,
        model=facts.model,
        effort=facts.effort,
        at=facts.last_at or _LONG_AGO,
        prompt=facts.context_tokens,
        largest=max(facts.context_tokens, figures.largest_prompt),
    )
    return provider.context_window(use, ())


def _rate(one: ObservedSession, figures: SessionFigures | None, now: datetime) -> float | None:
    """Where there was none, although the log was written, it has not been counted yet."""
    if figures is None or (
        not figures.tokens_per_minute and one.last_at is not None and now - one.last_at < RATE_SPAN
    ):
        return None
    return figures.tokens_per_minute


def _week_percent(figures: SessionFigures | None, account: HomeAccount) -> float | None:
    if figures is None or figures.week_share is None or account.week_percent is None:
        return None
    return figures.week_share * account.week_percent


def _git(facts: SessionFacts) -> GitState | None:
    """What the log says of it."""
    return GitState(branch=facts.branch) if facts.branch else None


def _subagent(one: ObservedSession, figures: SessionFigures | None) -> LiveSubagent:
    return LiveSubagent(
        id=one.found.id,
        status=one.status.status,
        name=one.found.name and one.found.name[:_NAME_LENGTH],
        tally=figures.subagents.get(one.found.id) if figures else None,
    )
