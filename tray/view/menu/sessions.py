"""Live sessions: a submenu with a row for each, those that wait for the person first. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from providers.domain.live import LiveSession, OrphanProcess, SessionsLook
from tray.engine.state import State
from tray.view import format as fmt
from tray.view.accounts import accounts
from tray.view.available import Available
from tray.view.menu.problems import sentence_rows
from tray.view.menu.session import detail_rows, port_text
from tray.view.row_icon import SessionMark
from tray.view.rows import Row, separator_row, submenu_row, text_row
from tray.view.sessions import brief
from tray.view.sessions.words import folder_name

KEY = "sessions"
MOST = 12
"""Sessions with a row of their own; further ones are one row's submenu."""
_MOST_FURTHER = 24
_MOST_ORPHANS = 3
_LONGEST_MODEL = 24
_LONGEST_COMMAND = 32


class _Look(Struct, frozen=True, kw_only=True):
    """What all rows need: the names of the sessions by their keys, the titles of the providers by their ids, and
    those providers that have sessions in several homes.
    """

    now: datetime
    names: dict[str, str]
    titles: dict[str, str]
    several_homes: frozenset[str]

    def program(self, session: LiveSession) -> str:
        """The name of the CLI, with the home where there is another."""
        title = self.titles.get(session.provider, "")
        home = fmt.plain(session.home, longest=30).strip()
        return f"{title} ({home})" if home and session.provider in self.several_homes else title


def session_rows(state: State, now: datetime, available: Available) -> Iterator[Row]:
    """One row with all sessions below it; none where there are no sessions."""
    look = state.sessions
    if look is None or not (look.sessions or look.orphans):
        return
    found = brief.ordered(look)
    shown = _Look(
        now=now,
        names=brief.names(found),
        titles={usage.provider: fmt.plain(usage.title, longest=20).strip() for usage in accounts(state)},
        several_homes=_in_several_homes(look),
    )
    below = [_session_row(session, shown, available) for session in found[:MOST]]
    below += _further(found[MOST:], shown)
    below += _around(look, separated=bool(below))
    yield submenu_row(KEY, f"Sessions: {_summary(look)}", below, icon=_mark(found[:1]))


def _summary(look: SessionsLook) -> str:
    return brief.counts(look.sessions) or f"{fmt.plural(len(look.orphans), 'process', 'processes')} left"


def _in_several_homes(look: SessionsLook) -> frozenset[str]:
    homes = {(session.provider, session.home) for session in look.sessions}
    return frozenset(
        provider for provider, number in Counter(each for each, _ in homes).items() if number > 1
    )


def _session_row(session: LiveSession, look: _Look, available: Available) -> Row:
    key = f"{KEY}:{session.key}"
    below = detail_rows(key, session, look.now, look.program(session), available)
    return submenu_row(key, _text(session, look), below, icon=_mark((session,)))


def _mark(sessions: tuple[LiveSession, ...]) -> SessionMark:
    """That of the first one: all rows have one, as some panels line up none but those."""
    if not sessions:
        return SessionMark("resting")
    if sessions[0].status.waits:
        return SessionMark("waiting")
    return SessionMark("working" if sessions[0].status.status == "working" else "resting")


def _text(session: LiveSession, look: _Look) -> str:
    """What it waits for and since when; or what it does, with its model, context and cost."""
    since = brief.for_how_long(session.status, look.now)
    parts = [f"{look.names[session.key]}: {brief.doing(session)}"]
    status = session.status.status
    if status == "idle" and since:
        parts[0] += f" for {since}"
    elif status == "done" and since:
        parts[0] += f" {since} ago"
    elif session.status.waits and since:
        parts.append(since)
    if not session.status.waits:
        if session.model and status != "done":
            parts.append(fmt.plain(session.model, longest=_LONGEST_MODEL))
        if session.context_percent is not None and status != "done":
            parts.append(f"{session.context_percent:.0f} % context")
        if session.tally is not None and session.tally.usd is not None:
            parts.append(fmt.priced(session.tally.usd, complete=not session.tally.unpriced))
    return fmt.DOT.join(parts)


def _further(sessions: tuple[LiveSession, ...], look: _Look) -> Iterator[Row]:
    """Those that have no room, as lines of text: what needs the person is above."""
    if not sessions:
        return
    below = [
        text_row(f"{KEY}:more:{session.key}", _text(session, look), icon=_mark((session,)))
        for session in sessions[:_MOST_FURTHER]
    ]
    if (left := len(sessions) - _MOST_FURTHER) > 0:
        below.append(text_row(f"{KEY}:rest", f"And {left} more; `tankful sessions` lists all."))
    yield submenu_row(f"{KEY}:more", f"{len(sessions)} more", below)


def _around(look: SessionsLook, *, separated: bool) -> Iterator[Row]:
    """What ended sessions left behind, the MCP servers, and what could not be looked at."""
    found = [
        *_orphan_rows(look.orphans),
        *_server_rows(look),
        *(
            row
            for number, problem in enumerate(look.problems[:2])
            for row in sentence_rows(f"{KEY}:says:{number}", problem, most=2)
        ),
    ]
    if found and separated:
        yield separator_row(f"line:{KEY}:around")
    yield from found


def _orphan_rows(orphans: tuple[OrphanProcess, ...]) -> Iterator[Row]:
    for orphan in orphans[:_MOST_ORPHANS]:
        whose = (
            fmt.plain(folder_name(orphan.project), longest=brief.LONGEST_NAME).strip() or "an ended session"
        )
        command = fmt.plain(orphan.command, longest=_LONGEST_COMMAND).strip() or "a process"
        text = f"Left by {whose}: {command}{fmt.DOT}{port_text(orphan.ports)}{fmt.DOT}pid {orphan.pid}"
        yield text_row(f"{KEY}:orphan:{orphan.pid}", text)
    if (left := len(orphans) - _MOST_ORPHANS) > 0:
        yield text_row(f"{KEY}:orphans", f"And {fmt.plural(left, 'process', 'processes')} more left behind.")


def _server_rows(look: SessionsLook) -> Iterator[Row]:
    if names := sorted({server.name for server in look.mcp_servers}):
        text = f"{fmt.plural(len(look.mcp_servers), 'MCP server')}: {fmt.some(names, 3, longest=20)}"
        yield text_row(f"{KEY}:mcp", text)
