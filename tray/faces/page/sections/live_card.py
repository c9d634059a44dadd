"""Which live sessions wait for the person, where and for what; who works; and how many there are."""

from __future__ import annotations

from msgspec import Struct

from tray.faces.page.data import PageData
from tray.faces.page.live.chosen import shown_look
from tray.faces.page.live.facts import LiveHead, head_of, names_of
from tray.faces.page.live.sentences import empty, waiting
from tray.view.sessions import brief, summary

_SHOWN = ("approval", "waiting", "working")
_MOST = 12


class LiveCard(Struct, frozen=True, kw_only=True):
    """`empty` is a sentence where there are none, `waiting` those for screen readers, `more` how many of those
    that wait or work have no row. `address` leads to all.
    """

    headline: str = ""
    rows: tuple[LiveHead, ...] = ()
    more: int = 0
    empty: str = ""
    problems: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    address: str = ""


def build(data: PageData) -> LiveCard | None:
    look = shown_look(data)
    if look is None:
        return None
    if not look.sessions:
        return LiveCard(empty=empty(look, data), problems=look.problems)
    names = names_of(look)
    found = [each for each in brief.ordered(look) if each.status.status in _SHOWN]
    return LiveCard(
        headline=summary.headline(look),
        rows=tuple(head_of(each, look, data, names[each.key]) for each in found[:_MOST]),
        more=max(0, len(found) - _MOST),
        problems=look.problems,
        waiting=waiting(look, names),
        address=data.query.with_(tab="sessions", page="", open="", sort="", by="").address,
    )
