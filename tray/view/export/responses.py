"""Billed responses as a table, one by one or by day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo
from operator import add
from pathlib import Path

from providers.domain.cost import TOKEN_CLASSES
from providers.ledger.checksum import QUARTER_MS
from providers.ledger.epoch_ms import moment
from providers.ledger.rows import AT, CONTEXT, COUNTS, KEY, MOST_CONTEXTS, PICO, USD, Origin, Values
from tray.view.export.redact import Redaction
from tray.view.export.table import Cell, Row, Table

Billed = Iterable[tuple[Origin, Values]]
PICO_OF_USD = 10**12
_TOKENS = (*(f"{each.name}_tokens" for each in TOKEN_CLASSES), "total_tokens")
_NAMES = ("provider", "account", "home", "project", "model")
_TEXTS = frozenset({"time", "day", "key"})


class Naming:
    """What exported rows call things: `labels` are the names of homes, days are those of the zone, and `machine`
    is the one that has the logs.
    """

    def __init__(
        self, zone: tzinfo, labels: Mapping[Path, str], redaction: Redaction, machine: str = ""
    ) -> None:
        self._zone = zone
        self.machine = redaction.machine(machine)
        self._labels = labels
        self._redaction = redaction
        self._quarter: int | None = None
        self._day = ""

    def day(self, at_ms: int) -> str:
        """The local day. Rows come by time, and in every zone days begin with a quarter of an hour."""
        quarter = at_ms // QUARTER_MS
        if quarter != self._quarter:
            self._quarter = quarter
            self._day = moment(quarter * QUARTER_MS).astimezone(self._zone).date().isoformat()
        return self._day

    def names(self, origin: Origin) -> tuple[str | None, ...]:
        context, hidden = origin.context, self._redaction
        home = self._labels.get(context.home, str(context.home))
        return (
            origin.provider,
            hidden.account(context.account),
            hidden.home(home),
            hidden.project(context.project),
            hidden.model(context.model),
        )

    def sessions(self, origin: Origin) -> tuple[str | None, str | None]:
        """The session, and that of the person."""
        context, hidden = origin.context, self._redaction
        return hidden.session(context.session), hidden.session(context.root or context.session)

    def program(self, origin: Origin) -> str | None:
        return self._redaction.program(origin.context.originator)


def responses(billed: Billed, naming: Naming) -> Table:
    """A row for each response, by time; `time` is UTC, `day` local; `thread` is the session of the person.

    `key` is a hash of the ids that the vendor gave the response, with a letter before its 16 hex digits, so that
    no reader takes it for a number. It is the same wherever a copy of the log is.
    """
    return Table(
        lead=("time", "day"),
        shared=(*_NAMES, "effort", "tier", "session", "thread", "originator", "not_on_lines", "machine"),
        tail=(*_TOKENS, "web_searches", "usd", "key"),
        texts=_TEXTS,
        rows=_responses(billed, naming),
    )


def _responses(billed: Billed, naming: Naming) -> Iterator[Row]:
    """There are millions: what depends on the context, or the hour, is made once."""
    named: dict[int, tuple[Cell, ...]] = {}
    quarter, hour, day = None, "", ""
    for origin, values in billed:
        names = named.get(values[CONTEXT])
        if names is None:
            if len(named) >= MOST_CONTEXTS:
                named.clear()
            names = named[values[CONTEXT]] = _all_names(origin, naming)
        at_ms = values[AT]
        if at_ms // QUARTER_MS != quarter:
            quarter = at_ms // QUARTER_MS
            hour, day = moment(quarter * QUARTER_MS).isoformat()[:14], naming.day(at_ms)
        seconds = at_ms // 1000
        time = "%s%02d:%02d.%03dZ" % (hour, seconds // 60 % 60, seconds % 60, at_ms % 1000)  # noqa: UP031 - faster
        yield names, (time, day) + values[COUNTS:KEY] + ("r%016x" % values[KEY],)  # noqa: RUF005, UP031 - in half the time


def _all_names(origin: Origin, naming: Naming) -> tuple[Cell, ...]:
    context = origin.context
    return (
        *naming.names(origin),
        *(context.effort, context.tier),
        *naming.sessions(origin),
        *(naming.program(origin), context.not_on_lines, naming.machine),
    )


def days(billed: Billed, naming: Naming) -> Table:
    """A row for each local day and all that has the same names; `usd` leaves out the `unpriced` responses."""
    return Table(
        lead=("day",),
        shared=(*_NAMES, "not_on_lines", "machine"),
        tail=("responses", *_TOKENS, "web_searches", "usd", "unpriced"),
        texts=_TEXTS,
        rows=_days(billed, naming),
    )


class DaySum:
    """Money is added as integers, so that the order makes no difference."""

    __slots__ = ("counts", "pico", "priced", "responses")

    def __init__(self) -> None:
        self.responses = self.priced = self.pico = 0
        self.counts = [0] * (len(_TOKENS) + 1)
        """Tokens by class, all of them, web searches."""

    def add(self, values: Values) -> None:
        self.responses += 1
        self.counts = list(map(add, self.counts, values[COUNTS:USD]))
        pico = values[PICO]
        if pico is not None:
            self.priced += 1
            self.pico += pico

    @property
    def usd(self) -> float | None:
        return self.pico / PICO_OF_USD if self.priced else None


def _days(billed: Billed, naming: Naming) -> Iterator[Row]:
    named: dict[int, tuple[Cell, ...]] = {}
    day, sums = "", dict[tuple[Cell, ...], DaySum]()
    for origin, values in billed:
        today = naming.day(values[AT])
        if today != day:
            yield from _of_day(day, sums)
            day, sums = today, {}
        names = named.get(values[CONTEXT])
        if names is None:
            if len(named) >= MOST_CONTEXTS:
                named.clear()
            names = named[values[CONTEXT]] = (
                *naming.names(origin),
                *(origin.context.not_on_lines, naming.machine),
            )
        found = sums.get(names)
        if found is None:
            found = sums[names] = DaySum()
        found.add(values)
    yield from _of_day(day, sums)


def _of_day(day: str, sums: Mapping[tuple[Cell, ...], DaySum]) -> Iterator[Row]:
    for names in sorted(sums, key=lambda names: [str(name or "") for name in names]):
        found = sums[names]
        yield names, (day, found.responses, *found.counts, found.usd, found.responses - found.priced)
