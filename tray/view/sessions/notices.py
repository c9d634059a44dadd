"""What notices say about sessions: the project and the tool, and nothing of what was asked or done. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

from providers.domain.live import LiveSession
from tray.engine.notices.notice import Notice
from tray.engine.notices.sessions.kinds import SessionOccasion
from tray.engine.state import State
from tray.view import format as fmt
from tray.view.accounts import accounts
from tray.view.sessions import brief
from tray.view.sessions.words import is_unsure

_MOST = 4
_UNSURE = "Its log does not say for certain: the tool may be running."


def notice(
    key: str, occasions: tuple[SessionOccasion, ...], state: State, now: datetime, zone: tzinfo
) -> Notice:
    """One for all of them, which are either waits or shares. A click on it is about the first."""
    first = occasions[0]
    session = first.session
    sessions = state.sessions.sessions if state.sessions is not None else ()
    names = brief.names(sessions)
    texts = [_text(each, names.get(each.session.key, "session")) for each in occasions]
    if len(occasions) == 1:
        title, lines = texts[0], list(_details(first, state, now, zone))
    else:
        title = _title_of(len(occasions), first)
        lines = [f"{text}." for text in texts[:_MOST]]
        if (more := len(texts) - _MOST) > 0:
            lines.append(f"And {more} more.")
    alone = len(occasions) == 1
    return Notice(
        key=key,
        kind=first.kind,
        title=fmt.plain(title, longest=120),
        body="\n".join(lines),
        provider=session.provider,
        account=session.account,
        session=session.id if alone else None,
        session_key=session.key,
        can_show=session.may_have_terminal,
    )


def _text(occasion: SessionOccasion, name: str) -> str:
    session = occasion.session
    if occasion.kind == "session_share":
        return f"{name} has used {fmt.share(session.week_percent or 0.0, 100)} of the weekly limit"
    return brief.waiting_text(session, name)


def _title_of(number: int, first: SessionOccasion) -> str:
    if first.kind == "session_share":
        return f"{number} sessions have used much of the weekly limit"
    return f"{number} sessions wait for you"


def _details(occasion: SessionOccasion, state: State, now: datetime, zone: tzinfo) -> Iterator[str]:
    session = occasion.session
    title = _provider(session, state)
    if occasion.kind == "session_share":
        resets = f"Resets {fmt.on_or_at(occasion.ends, now, zone)}" if occasion.ends is not None else ""
        about = ", ".join(filter(None, (title, _cost(session))))
        yield ". ".join(filter(None, (about, resets))) + "." if about or resets else ""
        return
    since = session.status.since
    when = f"since {fmt.clock(since, zone)}" if since is not None else ""
    # Some servers cut a long title, of which the tool is the end (xfce4-notifyd 0.7 after 30 letters).
    tool = brief.tool_of(session.status) if occasion.kind == "approval" else ""
    who = f"{title} asks to use {tool}" if title and tool else title
    if about := ", ".join(filter(None, (who, when))):
        yield f"{about[:1].upper()}{about[1:]}."
    if occasion.kind == "approval" and is_unsure(session):
        yield _UNSURE


def _provider(session: LiveSession, state: State) -> str:
    titles = (usage.title for usage in accounts(state) if usage.provider == session.provider)
    return fmt.plain(next(titles, ""), longest=20).strip()


def _cost(session: LiveSession) -> str:
    tally = session.tally
    if tally is None or tally.usd is None:
        return ""
    return f"{fmt.priced(tally.usd, complete=not tally.unpriced)} at API prices"
