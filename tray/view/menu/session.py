"""A live session's submenu: all that is known of it, and what can be done about it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from providers.domain.cost import Tally
from providers.domain.live import ChildProcess, LiveSession, LiveSubagent
from providers.host.shown_path import home_relative
from tray.view import format as fmt
from tray.view.available import Available
from tray.view.rows import Action, Row, action_row, separator_row, text_row
from tray.view.sessions import brief, words

_MOST_BELOW = 5  # child processes, and subagents
_LONGEST = 48
_LONGEST_NAME = 24


def detail_rows(
    key: str, session: LiveSession, now: datetime, title: str, available: Available
) -> tuple[Row, ...]:
    """In groups: the actions, which are nearest where the submenu opens, what it does, what it costs, where it
    runs, what it started. `title` is the name of its provider.
    """
    groups = (
        [*_actions(key, session, available)],
        [*_doing(key, session, now, title)],
        [*_use(key, session)],
        [*_where(key, session, now)],
        [*_children(key, session), *_subagents(key, session)],
    )
    found: list[Row] = []
    for group in filter(None, groups):
        if found:
            found.append(separator_row(f"line:{group[0].key}"))
        found += group
    return tuple(found)


def _doing(key: str, session: LiveSession, now: datetime, title: str) -> Iterator[Row]:
    status = session.status
    if session.title:
        yield text_row(f"{key}:title", _plain(session.title) or "Untitled")
    doing = brief.doing(session)
    since = brief.for_how_long(status, now)
    ago = f"{since} ago" if since and status.status == "done" else since
    evidence = f"according to {words.evidence(session)}"
    yield text_row(f"{key}:status", _joined(f"{doing[:1].upper()}{doing[1:]}", ago, evidence))
    if status.task is not None:
        tool, argument = brief.tool_of(status) or "Tool", _plain(status.task.argument)
        yield text_row(f"{key}:task", f"{tool}: {argument}" if argument else f"Tool {tool}")
    if session.rate_limited:
        yield text_row(f"{key}:blocked", "Its account is blocked.")
    model = " ".join(filter(None, (_name(session.model), _name(session.effort))))
    program = " ".join(filter(None, (title, _name(session.version))))
    if about := _joined(model, program, words.kind(session)):
        yield text_row(f"{key}:model", about)


def _use(key: str, session: LiveSession) -> Iterator[Row]:
    own, whole = session.own, session.tally
    if own is not None:
        yield text_row(f"{key}:cost", _cost(own))
    if whole is not None and whole != own:
        yield text_row(f"{key}:cost:all", f"{_cost(whole)}{fmt.DOT}with subagents")
    if session.context_tokens is not None:
        window = f" of {fmt.tokens(session.context_window)}" if session.context_window else ""
        share = f"{session.context_percent:.0f} %" if session.context_percent is not None else ""
        yield text_row(
            f"{key}:context", _joined(f"Context {fmt.tokens(session.context_tokens)}{window}", share)
        )
    turns = fmt.plural(session.turns, "turn") if session.turns is not None else ""
    compactions = fmt.plural(session.compactions, "compaction") if session.compactions else ""
    rate = session.tokens_per_minute
    speed = f"{fmt.tokens(round(rate))} tokens a minute" if rate is not None else ""
    if about := _joined(turns, compactions, speed):
        yield text_row(f"{key}:turns", about)
    if session.week_percent is not None:
        yield text_row(f"{key}:week", f"{fmt.share(session.week_percent, 100) or '0 %'} of the weekly limit")


def _where(key: str, session: LiveSession, now: datetime) -> Iterator[Row]:
    git = session.git
    if session.cwd:
        yield text_row(f"{key}:cwd", _folder(session.cwd))
    if git is not None and git.branch:
        added = f"{git.added} new" if git.added else ""
        modified = f"{git.modified} modified" if git.modified else ""
        yield text_row(f"{key}:git", _joined(f"Branch {_plain(git.branch)}", added, modified))
    elif git is not None and git.problem:
        yield text_row(f"{key}:git", _plain(git.problem) or "git did not answer")
    program = f"pid {session.pid}" if session.pid is not None else ""
    if session.pid is not None and not session.owner_certain:
        program = f"probably {program}"
    started = f"started {fmt.age(now - session.started_at)}" if session.started_at is not None else ""
    if about := _joined(program, words.memory(session.rss), started):
        yield text_row(f"{key}:process", f"{about[:1].upper()}{about[1:]}" if not program else about)


def _children(key: str, session: LiveSession) -> Iterator[Row]:
    children = sorted(session.children, key=lambda child: not child.ports)
    for child in children[:_MOST_BELOW]:
        yield text_row(f"{key}:child:{child.pid}", _child(child))
    if (left := len(children) + session.more_children - _MOST_BELOW) > 0 and children:
        yield text_row(f"{key}:children", f"And {fmt.plural(left, 'process', 'processes')} more")


def _child(child: ChildProcess) -> str:
    listens = port_text(child.ports) + (", also taken by another session" if child.shared_ports else "")
    return _joined(_plain(child.command) or f"pid {child.pid}", listens, words.memory(child.rss))


def _subagents(key: str, session: LiveSession) -> Iterator[Row]:
    for agent in session.subagents[:_MOST_BELOW]:
        yield text_row(f"{key}:agent:{agent.id}", _subagent(agent))
    if (left := len(session.subagents) - _MOST_BELOW) > 0:
        yield text_row(f"{key}:agents", f"And {fmt.plural(left, 'subagent')} more")


def _subagent(agent: LiveSubagent) -> str:
    name = _name(agent.name) or _name(agent.id[:8])
    cost = _cost(agent.tally) if agent.tally is not None else ""
    return _joined(f"Subagent {name}: {brief.STATUS_WORDS[agent.status]}", cost)


def _actions(key: str, session: LiveSession, available: Available) -> Iterator[Row]:
    """Nothing can be done to a program that may be another session's."""
    if available.front:
        can = session.may_have_terminal and session.status.status != "done"
        yield action_row(f"{key}:front", "Bring to front", Action("front", session.key), enabled=can)
    if available.copy:
        yield action_row(f"{key}:resume", "Copy resume command", Action("copy-resume", session.key))


def port_text(ports: tuple[int, ...]) -> str:
    """`port 3000`, `ports 3000 and 3001`; "" for none."""
    if not ports:
        return ""
    return f"{'port' if len(ports) == 1 else 'ports'} {fmt.some([str(each) for each in ports], 3)}"


def _cost(tally: Tally) -> str:
    tokens = f"{fmt.tokens(tally.usage.total_tokens)} tokens"
    usd = fmt.priced(tally.usd, complete=not tally.unpriced) if tally.usd is not None else ""
    return _joined(usd, tokens)


def _folder(cwd: str) -> str:
    """Its end is what tells folders apart."""
    path = fmt.plain(home_relative(cwd), longest=400)
    return path if len(path) <= _LONGEST else f"…{path[1 - _LONGEST :]}"


def _plain(text: str | None) -> str:
    return fmt.plain(text or "", longest=_LONGEST).strip()


def _name(text: str | None) -> str:
    return fmt.plain(text or "", longest=_LONGEST_NAME).strip()


def _joined(*parts: str) -> str:
    return fmt.DOT.join(filter(None, parts))
