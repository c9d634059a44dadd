"""The live sessions with all that is known of each."""

from __future__ import annotations

from msgspec import Struct

from tray.faces.page.actions import bring
from tray.faces.page.data import PageData
from tray.faces.page.live.chosen import shown_look
from tray.faces.page.live.facts import LiveEntry, facts_of, names_of
from tray.faces.page.live.sentences import empty, waiting
from tray.view.sessions import below, brief, summary


class LiveList(Struct, frozen=True, kw_only=True):
    """`notes` are about all of them, `orphans` about processes of ended ones. `bring` is the name of the action
    that brings one to the front, and `back` where its form leads. The rest is as in LiveCard.
    """

    headline: str = ""
    sessions: tuple[LiveEntry, ...] = ()
    empty: str = ""
    problems: tuple[str, ...] = ()
    orphans: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    bring: str = bring.NAME
    back: str = "/"


def build(data: PageData) -> LiveList | None:
    look = shown_look(data)
    if look is None:
        return None
    names = names_of(look)
    titles = {each.id: each.title for each in data.scope.chosen()}
    return LiveList(
        headline=summary.headline(look) if look.sessions else "",
        sessions=tuple(facts_of(each, look, data, names[each.key]) for each in brief.ordered(look)),
        empty="" if look.sessions else empty(look, data),
        problems=look.problems,
        orphans=tuple(below.orphan(each) for each in look.orphans),
        notes=(*summary.servers(look, titles), *summary.legend(look)),
        waiting=waiting(look, names),
        back=data.query.address,
    )
