"""What was, as metrics with timestamps, for a store that takes the past: OpenMetrics text. Pure.

The series are those of `tankful metrics`, so that a store continues them. A point stands at each hour, and at each
change of a limit. Timestamps are whole seconds, and the text ends in `# EOF`.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from math import isfinite

from providers.domain.cost import TOKEN_CLASSES
from providers.ledger.history import LimitChange
from providers.ledger.rows import AT, CONTEXT, COUNTS, PICO, USD, LimitRow, Origin, Values
from providers.ledger.sums import UNKNOWN
from tray.engine.document_values import as_usd
from tray.view import metric_families as families
from tray.view.export.redact import Redaction
from tray.view.export.responses import PICO_OF_USD
from tray.view.metric_families import Metric, labels, number

END = b"# EOF\n"
_HOUR = 3600
_AT_ONCE = 1000
_CLASSES = tuple(each.name for each in TOKEN_CLASSES)
Series = tuple[str, str, str]
"""Provider, account ("" if unknown) and model."""


class HourlySums:
    """The sums of each hour of a series, of those hours that have any; two years of it are a megabyte."""

    def __init__(self) -> None:
        self.hours = array("q")
        """Since 1970."""
        self.counts = tuple(array("d") for _ in range(len(_CLASSES) + 1))
        """Responses, and tokens by class."""
        self.pico = list[int | None]()
        """Exact, so that the last point is what `tankful metrics` says; None where no price is known."""

    def add(self, values: Values) -> None:
        hour = values[AT] // (_HOUR * 1000)
        if not self.hours or self.hours[-1] != hour:
            self.hours.append(hour)
            self.pico.append(None)
            for each in self.counts:
                each.append(0)
        self.counts[0][-1] += 1
        for counts, tokens in zip(self.counts[1:], values[COUNTS:USD], strict=False):
            counts[-1] += tokens or 0
        pico = values[PICO]
        if pico is not None:
            self.pico[-1] = (self.pico[-1] or 0) + pico


def counters(
    billed: Iterable[tuple[Origin, Values]],
    epochs: Mapping[Series, int],
    hidden: Redaction,
    span: tuple[int, int],
) -> Iterator[bytes]:
    """All-time sums at each hour in `span` (epoch s). `billed` are all responses there ever were, by time.

    `epochs` are those of today's counters: these sums are made of what is known today.
    """
    found: dict[tuple[Series, int], HourlySums] = {}
    of_context: dict[int, HourlySums | None] = {}
    for origin, values in billed:
        if values[CONTEXT] not in of_context:
            of_context[values[CONTEXT]] = _hours(origin, found, epochs, hidden)
        hours = of_context[values[CONTEXT]]
        if hours is not None:
            hours.add(values)
    head = None
    for metric, column, extra in _columns():
        if metric is not head:
            head = metric
            yield _head(metric)
        for (series, epoch), hours in sorted(found.items(), key=lambda item: item[0]):
            names = dict(zip(("provider", "account", "model"), series, strict=True))
            column_values: Sequence[float | None] = hours.pico if column is None else hours.counts[column]
            lead = f"{metric.name}{labels({**names, **extra, 'epoch': str(epoch)})}"
            yield from _joined(_points(lead, hours.hours, column_values, span))


def _hours(
    origin: Origin,
    found: dict[tuple[Series, int], HourlySums],
    epochs: Mapping[Series, int],
    hidden: Redaction,
) -> HourlySums | None:
    context = origin.context
    if context.not_on_lines:  # which counters leave out
        return None
    series = origin.provider, context.account or "", context.model or UNKNOWN
    epoch = epochs.get(series, 0)
    model = hidden.model(context.model) or UNKNOWN
    shown = series[0], families.label(hidden.account(series[1]) or ""), families.label(model)
    return found.setdefault((shown, epoch), HourlySums())


def _columns() -> Iterator[tuple[Metric, int | None, dict[str, str]]]:
    yield families.RESPONSES, 0, {}
    for metric in (families.TOKENS, families.PART_TOKENS):
        for number_, each in enumerate(TOKEN_CLASSES, 1):
            if (each.part_of is None) == (metric is families.TOKENS):
                yield metric, number_, {"class": each.name}
    yield families.USD, None, {}


def _points(
    lead: str, hours: Sequence[int], values: Sequence[float | None], span: tuple[int, int]
) -> Iterator[str]:
    """A line for each hour, from 0 at the beginning of the first one that has a value; money in USD."""
    is_money = isinstance(values, list)
    index = next((index for index, value in enumerate(values) if value is not None), None)
    if index is None:
        return
    total: float = 0
    for hour in range(hours[index], span[1] // _HOUR + 1):
        while index < len(hours) and hours[index] < hour:
            total += values[index] or 0
            index += 1
        if hour * _HOUR >= span[0]:
            yield f"{lead} {number(_usd(total) if is_money else total)} {hour * _HOUR}\n"


def _usd(pico: float) -> float:
    return as_usd(pico / PICO_OF_USD) or 0


def gauges(
    rows: Callable[[], Iterable[LimitRow]], owners: Mapping[str, str], hidden: Redaction
) -> Iterator[bytes]:
    """The used share of each window, and when it resets. `rows` are read once for each of the two."""
    for metric, value in ((families.USED, _used), (families.RESETS, _resets)):
        yield _head(metric)
        yield from _joined(_lines_of(metric, value, rows(), owners, hidden))


def _lines_of(
    metric: Metric,
    value: Callable[[LimitChange], float | None],
    rows: Iterable[LimitRow],
    owners: Mapping[str, str],
    hidden: Redaction,
) -> Iterator[str]:
    for (account, window), own in groupby(rows, key=lambda row: (row.account, row.change.window)):
        names = {
            "provider": owners.get(account) or "",
            "account": hidden.account(account) or "",
            "window": window,
        }
        lead, last = f"{metric.name}{labels(names)}", None
        for at, change in _held(row.change for row in own):
            shown = value(change)
            if shown is not None and at != last:
                last = at
                yield f"{lead} {number(shown)} {at}\n"


def _held(changes: Iterable[LimitChange]) -> Iterator[tuple[int, LimitChange]]:
    """Each change, and each hour between two that say the same: there it was seen all the time."""
    before: LimitChange | None = None
    for change in changes:
        at = int(change.at.timestamp())
        if before is not None and before.used_percent == change.used_percent:
            first = int(before.at.timestamp()) // _HOUR + 1
            yield from ((hour * _HOUR, before) for hour in range(first, at // _HOUR + 1) if hour * _HOUR < at)
        yield at, change
        before = change


def _used(change: LimitChange) -> float | None:
    return change.used_percent / 100 if isfinite(change.used_percent) else None


def _resets(change: LimitChange) -> float | None:
    return None if change.resets_at is None else int(change.resets_at.timestamp())


def _head(metric: Metric) -> bytes:
    """OpenMetrics names a counter without its ending."""
    return metric.head(metric.name.removesuffix("_total")).encode()


def _joined(lines: Iterator[str]) -> Iterator[bytes]:
    while some := list(islice(lines, _AT_ONCE)):
        yield "".join(some).encode()
