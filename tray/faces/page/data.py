"""What the sections of a page may ask: one request, with one state of the snapshot and of the sums."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct, field

from providers.domain.cost import Tally
from providers.domain.live import SessionsLook
from providers.ledger.rollup.rollup import Rollup
from providers.ledger.rollup.selection import Dimension, Key, Selection
from tray.engine import published
from tray.faces.page.figures import CountStatus
from tray.faces.page.forms import FormNote
from tray.faces.page.query import PageQuery, selection_before
from tray.view.charts.series import REST, Tint, provider_tint

if TYPE_CHECKING:
    from tray.engine.costs import Costs
    from tray.engine.scope import Scope

T = TypeVar("T")


def usage_of(snapshot: published.Document | None, now: datetime) -> dict[str, Any] | None:
    """The document of `tankful usage --json`; None without a snapshot, or of one of another make."""
    try:
        return None if snapshot is None else published.usage(snapshot, now.timestamp())
    except published.DAMAGED:
        return None


class PageData(Struct, frozen=True, kw_only=True):
    """`usage` is the document of `tankful usage --json` as of `now`, None where nothing was ever published;
    `incidents` are those of snapshot.json, by provider. `count` is how far logs are counted, `note` what became
    of the form that led here, and `generation` names this state of the numbers. `look` is at the live sessions,
    None where they are not shown, as in a file; `can_bring` whether their terminals can be brought to the front.
    `with_not_on_lines` is that setting.
    `answers` are for `once`.
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
    answers: dict[object, Any] = field(default_factory=dict)
    count: CountStatus = CountStatus()
    note: FormNote | None = None
    generation: str = ""
    look: Callable[[], SessionsLook] | None = None
    can_bring: bool = False
    with_not_on_lines: bool = True

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def everything(self) -> Selection:
        """All that is counted, whatever is chosen; in the zone whose days are added up before anybody asks."""
        return Selection(zone=self.scope.zone)

    @property
    def before(self) -> Selection | None:
        """The same of the period before, where the address asks for it (`compare=1`)."""
        return selection_before(self.query, self.zone, self.today)

    def title(self, provider: object) -> str:
        """What a provider is called; one that is not of this version by its id."""
        return next((each.title for each in self.scope.providers if each.id == provider), f"{provider}")

    def tint(self, provider: object) -> Tint:
        """The colour of a provider in charts."""
        colours = (each.mark.colour for each in self.scope.providers if each.id == provider)
        return next(map(provider_tint, colours), REST)

    def wants(self, provider: str, account: str | None, homes: Collection[str]) -> bool:
        """Whether the filters of the address leave this account."""
        chosen = self.selection
        return (
            chosen.provider in (None, provider)
            and chosen.account in (None, account)
            and (chosen.home is None or chosen.home in homes)
        )

    def tallies(
        self, by: Sequence[Dimension] = (), *, beyond: bool = False, selection: Selection | None = None
    ) -> dict[Key, Tally]:
        """Those of the days and filters of the address, or of another selection; each is asked for once."""
        chosen = selection or self.selection
        return self.once(
            ("tallies", chosen, tuple(by), beyond), lambda: self.rollup.tallies(chosen, by, beyond=beyond)
        )

    def shown_beyond(
        self, by: Sequence[Dimension] = (), selection: Selection | None = None
    ) -> dict[Key, Tally]:
        """Those of what is on no line of a log, as far as totals are shown with it: by that setting."""
        return self.tallies(by, beyond=True, selection=selection) if self.with_not_on_lines else {}

    def once(self, key: object, ask: Callable[[], T]) -> T:
        """The answer to that question, which is asked once for all sections."""
        if key not in self.answers:
            self.answers[key] = ask()
        answer: T = self.answers[key]
        return answer
