"""What the sections of a page may ask: one request, with one state of the snapshot and of the sums."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from providers.domain.cost import Tally
from providers.ledger.rollup.rollup import Rollup
from providers.ledger.rollup.selection import Dimension, Key, Selection
from tray.faces.page.query import PageQuery

if TYPE_CHECKING:
    from tray.engine.costs import Costs
    from tray.engine.scope import Scope


class PageData(Struct, frozen=True, kw_only=True):
    """`usage` is the document of `tankful usage --json` as of `now`, None where nothing was ever published;
    `incidents` are those of snapshot.json, by provider.
    """

    query: PageQuery
    selection: Selection
    now: datetime
    zone: tzinfo
    usage: dict[str, Any] | None
    incidents: dict[str, Any] = {}
    rollup: Rollup
    costs: Costs
    scope: Scope

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def tallies(self, by: Sequence[Dimension] = (), *, beyond: bool = False) -> dict[Key, Tally]:
        """Those of the days and filters of the address."""
        return self.rollup.tallies(self.selection, by, beyond=beyond)
