"""Counts the logs again."""

from __future__ import annotations

from collections.abc import Mapping

from tray.faces.page.actions.desk import PageDesk

WAIT_SECONDS = 5.0
"""Most counts are done by then; of a longer one the page shows how far it is."""


def act(desk: PageDesk, _form: Mapping[str, str]) -> str:
    if not desk.figures.wait(desk.figures.recount(), WAIT_SECONDS):
        return "Recalculating. The numbers update as the count continues."
    return "" if desk.figures.status.problem else "Recalculated."
