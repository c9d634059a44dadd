"""The sentences around the live sessions of the page."""

from __future__ import annotations

from collections.abc import Mapping

from providers.domain.live import SessionsLook
from tray.faces.page.data import PageData
from tray.view.sessions import brief, summary

_FILTERED = "No live session matches these filters."


def empty(look: SessionsLook, data: PageData) -> str:
    """Where there are none."""
    chosen = data.selection
    if chosen.account or chosen.home or chosen.project or chosen.model:
        return _FILTERED
    titles = [each.title for each in data.scope.chosen() if chosen.provider in (None, each.id)]
    return summary.nothing(look, titles, ()) if titles else _FILTERED


def waiting(look: SessionsLook, names: Mapping[str, str]) -> tuple[str, ...]:
    """Those that wait for the person, for who hears the page: each is read out when it begins to."""
    found = (each for each in brief.ordered(look) if each.status.waits)
    return tuple(f"{brief.waiting_text(each, names[each.key])}." for each in found)
