"""What a request is answered from: the snapshot and the sums as they are now."""

from __future__ import annotations

import os
from collections.abc import Mapping

from tray.engine import published
from tray.engine.cost_settings import NOT_ON_LINES
from tray.faces.page import query
from tray.faces.page.actions.desk import PageDesk
from tray.faces.page.data import PageData, usage_of
from tray.faces.page.forms import FormNote


def gather(
    desk: PageDesk,
    members: Mapping[str, str],
    *,
    note: FormNote | None = None,
    generation: str = "",
    live: bool = True,
) -> PageData:
    """For an address with these members, with live sessions unless it is for a file."""
    scope = desk.scope
    now = scope.clock()
    asked = query.parse(members)
    zone = query.zone_of(asked, scope.zone)
    document = published.read(os.fspath(scope.folders.state))
    return PageData(
        query=asked,
        selection=query.selection(asked, zone, now.astimezone(zone).date()),
        now=now,
        zone=zone,
        usage=usage_of(document, now),
        incidents=(document or {}).get("incidents", {}),
        rollup=desk.figures.rollup,
        costs=desk.costs,
        scope=scope,
        count=desk.figures.status,
        note=note,
        generation=generation,
        look=desk.look if live else None,
        with_not_on_lines=scope.settings().get(NOT_ON_LINES),
        can_bring=desk.bring_to_front is not None,
    )
