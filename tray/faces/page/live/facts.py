"""What the page shows of a live session."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

from markupsafe import Markup
from msgspec import Struct

from providers.domain.cost import Tally
from providers.domain.live import LiveSession, SessionsLook
from providers.domain.short_hash import short_hash
from tray.faces.page.data import PageData
from tray.faces.page.table.names import ShownName, named, readable
from tray.view import format as fmt
from tray.view.charts.context_bar import context_bar
from tray.view.charts.spark import spark
from tray.view.sessions import below, brief, words
from tray.view.sessions.resume_command import resume_command

Kind = Literal["plain", "good", "warn"]
_MOST = 64
"""As many subagents, and processes, as a look has, one by one."""
_LONGEST_NAME = 64
_context_bar = lru_cache(maxsize=128)(context_bar)
_spark = lru_cache(maxsize=128)(spark)
"""Both are drawn again only where a look finds something else."""


class LiveHead(Struct, frozen=True, kw_only=True):
    """What it is, and what it does. `key` names it in the page and its forms. `lasting` is for how long, `task`
    the tool that runs or waits, `task_lasting` for how long that; "" where unknown. `kind` is that of a badge.
    """

    key: str
    name: ShownName
    place: str
    status: str
    kind: Kind
    lasting: str
    task: str
    task_lasting: str
    is_waiting: bool


class LiveFact(Struct, frozen=True, kw_only=True):
    """`full` is a number with all its digits, `note` a line below, `drawing` a chart; each may be empty."""

    name: str
    value: str
    full: str = ""
    note: str = ""
    drawing: Markup = Markup()


class LiveEntry(Struct, frozen=True, kw_only=True):
    """`figures` are shown at once, `warnings` too, `details` and the lists on demand. `resume` is the command that
    goes on with it, "" where there is none; `can_bring` whether its terminal can be brought to the front.
    """

    head: LiveHead
    title: str
    warnings: tuple[str, ...]
    figures: tuple[LiveFact, ...]
    details: tuple[LiveFact, ...]
    processes: tuple[str, ...]
    subagents: tuple[str, ...]
    resume: str
    can_bring: bool


def head_of(session: LiveSession, look: SessionsLook, data: PageData, name: str) -> LiveHead:
    task = session.status.task
    is_waiting = session.status.waits
    kind: Kind = "warn" if is_waiting else "good" if session.status.status == "working" else "plain"
    return LiveHead(
        key=short_hash(session.key),
        name=ShownName(shown=name, full=readable(session.project or session.cwd or name)),
        place=data.title(session.provider),
        status=readable(words.status(session)),
        kind=kind,
        lasting=words.lasting(session.status.since, look.at),
        task=readable(words.task(task)) if task is not None and (task.argument or not is_waiting) else "",
        task_lasting=words.lasting(task.since, look.at) if task is not None and not is_waiting else "",
        is_waiting=is_waiting,
    )


def facts_of(session: LiveSession, look: SessionsLook, data: PageData, name: str) -> LiveEntry:
    servers = [each for each in look.mcp_servers if each.session == session.id]
    pids = {each.pid for each in servers}
    resume = resume_command(session, data.scope) or ""
    is_owned = session.may_have_terminal
    return LiveEntry(
        head=head_of(session, look, data, name),
        title=readable(session.title or ""),
        warnings=tuple(map(readable, _warnings(session))),
        figures=tuple(_figures(session)),
        details=tuple(_details(session, look, data, below.server_names(servers))),
        processes=tuple(_lines(below.children(session.children, pids, session.more_children, _MOST))),
        subagents=tuple(_lines(below.subagents(session.subagents, _MOST))),
        resume=resume if readable(resume) == resume else "",  # one that is shown otherwise than it is copied
        can_bring=data.can_bring and is_owned,
    )


def _lines(details: Iterator[below.RowDetail]) -> Iterator[str]:
    return (readable(fmt.DOT.join(each.parts)) for each in details)


def _warnings(session: LiveSession) -> Iterator[str]:
    if session.rate_limited:
        yield below.BLOCKED
    for child in session.children:
        if child.shared_ports:
            yield fmt.DOT.join(below.listening(child).parts)
    if session.git is not None and session.git.problem:
        yield session.git.problem


def _figures(session: LiveSession) -> Iterator[LiveFact]:
    if context := words.context(session).strip():
        yield LiveFact(
            name="Context", value=context.rstrip(" !"), note=_window(session), drawing=_context(session)
        )
    if session.tally is not None:
        total = session.tally.usage.total_tokens
        yield LiveFact(
            name="Tokens", value=words.tokens(session.tally), full=f"{total}", drawing=_curve(session)
        )
        yield LiveFact(
            name="Cost", value=words.usd(session.tally), full=_full_usd(session.tally), note=_own(session)
        )
    if week := words.week(session):
        yield LiveFact(name="Share of the week", value=week)
    if (rate := session.tokens_per_minute) is not None:
        yield LiveFact(name="Tokens per minute", value=fmt.tokens(round(rate)), full=f"{round(rate)}")
    if memory := words.memory(session.rss):
        yield LiveFact(name="Memory", value=memory, full=f"{session.rss}")


def _window(session: LiveSession) -> str:
    if session.context_tokens is None or not session.context_window:
        return ""
    return f"{fmt.tokens(session.context_tokens)} of {fmt.tokens(session.context_window)} tokens"


def _context(session: LiveSession) -> Markup:
    percent = session.context_percent
    if percent is None:
        return Markup()
    said = f"Context window: {words.context(session).rstrip(' !')} in use"
    return _context_bar(percent, (words.HIGH, words.FULL), said)


def _curve(session: LiveSession) -> Markup:
    history = session.token_history
    if len(history) < 2:
        return Markup()
    largest = fmt.tokens(max(history))
    return _spark(history, f"Tokens of the last {len(history)} responses, at most {largest}")


def _own(session: LiveSession) -> str:
    """What of it is its own, where that is not all."""
    if session.own is None or session.own == session.tally:
        return ""
    cost = words.usd(session.own)
    return f"without subagents {fmt.DOT.join(filter(None, (cost, f'{words.tokens(session.own)} tokens')))}"


def _full_usd(tally: Tally) -> str:
    return "" if tally.usd is None else f"{tally.usd:.6f}"


def _details(
    session: LiveSession, look: SessionsLook, data: PageData, servers: list[str]
) -> Iterator[LiveFact]:
    git = words.git(session.git)
    started, last = (
        "" if at is None else fmt.moment(at, look.at, data.zone)
        for at in (session.started_at, session.last_at)
    )
    process = "" if session.pid is None else f"{session.pid}"
    if below.is_without_process(session):
        process = "unknown"
    found = {
        "Status known from": words.evidence(session),
        "Model": words.model(session),
        "Branch": git,
        "Kind": words.kind(session),
        "Turns": "" if session.turns is None else f"{session.turns:,}",
        "Compactions": "" if session.compactions is None else f"{session.compactions:,}",
        "Started": started,
        "Last activity": last,
        "MCP servers": fmt.some(servers, _MOST) if servers else "",
        "Memory files": "" if session.memory_files is None else f"{session.memory_files:,}",
        "Process": process,
        "Version": session.version or "",
        "Home": session.home,
        "Folder": session.cwd or session.project or "",
        "Session": session.id,
    }
    for name, value in found.items():
        if value:
            yield LiveFact(name=name, value=readable(value))


def names_of(look: SessionsLook) -> dict[str, str]:
    """What each is called, by its key."""
    return {key: named(name, longest=_LONGEST_NAME).shown for key, name in brief.names(look.sessions).items()}
