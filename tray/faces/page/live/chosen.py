"""The look at live sessions that a page shows: as the filters of its address leave it. The days do not matter."""

from __future__ import annotations

from providers.domain.live import LiveSession, SessionsLook
from providers.ledger.rollup.selection import Selection
from providers.ledger.sums import UNKNOWN
from tray.faces.page.data import PageData
from tray.view.sessions import choose


def shown_look(data: PageData) -> SessionsLook | None:
    """None where no live sessions are shown, as in a file."""
    look = data.look
    if look is None:
        return None
    chosen = data.selection
    found: SessionsLook = data.once("live sessions", look)
    if chosen.account or chosen.home or chosen.project or chosen.model:
        found = choose.filtered(found, lambda session: _is_chosen(session, chosen))
    return choose.of_provider(found, chosen.provider)


def _is_chosen(session: LiveSession, chosen: Selection) -> bool:
    found = {
        "account": session.account,
        "home": session.home,
        "project": session.project or UNKNOWN,
        "model": session.model or UNKNOWN,
    }
    return all(getattr(chosen, name) in (None, value) for name, value in found.items())
