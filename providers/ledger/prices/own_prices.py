"""Prices written by hand: `prices.toml`, ours in this folder and the user's own in the settings folder.

    [[price]]
    model = "gpt-5.5*"         # * stands for anything; the entry with the longest plain part wins
    from = 2026-04-23          # UTC days, `until` excluded; either may be left out
    until = 2026-07-09
    input = 5                  # USD per million tokens: input, cache_read, cache_write, cache_write_1h, output
    output = 30                # a missing cache rate is the input rate, for 1-hour writes the write rate
    web_search = 10            # USD per thousand; nothing where it is missing
    source = "https://…"       # where and when it was read: for people only
    checked = 2026-11-28
    [[price.above]]            # the whole request, once its prompt is longer than this
    prompt = 272000
    input = 10
    [price.tier.priority]      # another service: its own rates, or a multiple of the standard ones
    times = 2.5

or, in place of rates, `as = "gpt-5.5"`: priced like that one. A whole family that costs more somewhere:

    [[region]]
    name = "us"                # as a log has it beside the tier: "us", "fast+us"
    models = ["claude-*"]
    except = ["claude-3-*"]
    times = 1.1                # of all token rates

Reading checks everything and says which line is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct, field

from providers.domain import typed
from providers.host.toml_lines import BadToml, Keys, TomlLines, read_toml
from providers.ledger.prices.names import Name
from providers.ledger.prices.rates import CLASSES, HIGHEST_RATE, Price, Step, Tiered

_T = TypeVar("_T")


class BadPrices(ValueError):
    """A mistake in a price file: "prices.toml, line 7: `input` is negative"."""

    def __init__(self, file: str, line: int, what: str) -> None:
        super().__init__(f"{file}, line {line}: {what}")
        self.line = line


class OverlappingPrices(BadPrices):
    """Two prices of one pattern for the same days; `other` is the one that stands first in the file."""

    def __init__(self, file: str, line: int, other: PriceEntry) -> None:
        super().__init__(
            file,
            line,
            f"overlaps the price of the same model on line {other.line}: set `until` on the earlier one",
        )
        self.other = other


class PriceEntry(Struct, frozen=True, kw_only=True):
    """One `[[price]]`. Exactly one of `price` and `like` is set; a tier is a whole price or a factor."""

    model: str
    since: date | None
    until: date | None
    like: str | None
    price: Price | None
    tiers: dict[str, Price | Decimal]
    line: int
    like_line: int
    source: str | None
    checked: date | None

    def holds_on(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)

    def means(self, name: Name) -> bool:
        return means(self.model, name)

    def rank(self) -> tuple[int, date]:
        """Among entries that match, the highest wins."""
        return len(self.model.replace("*", "")), self.since or date.min


class Region(Struct, frozen=True, kw_only=True, rename={"excluded": "except"}, forbid_unknown_fields=True):
    """One `[[region]]`: the factor on these models' token rates for requests that may be processed there only."""

    name: str
    models: tuple[str, ...]
    excluded: tuple[str, ...] = ()
    times: Decimal
    source: str | None = None
    checked: date | None = None

    def holds_for(self, model: str) -> bool:
        return _fits_any(self.models, model) and not _fits_any(self.excluded, model)


class PriceFile(Struct, frozen=True):
    """What a price file holds, in its order."""

    entries: tuple[PriceEntry, ...] = ()
    regions: tuple[Region, ...] = ()


def means(pattern: str, name: Name) -> bool:
    """Whether an entry of this pattern is about the model of that name."""
    return any(_fits(pattern, spelling) for spelling in name.spellings)


def _fits(glob: str, name: str) -> bool:
    """Anchored, whatever the case; only * is special."""
    return re.fullmatch(".*".join(re.escape(part) for part in glob.lower().split("*")), name) is not None


def _fits_any(globs: tuple[str, ...], name: str) -> bool:
    return any(_fits(glob, name) for glob in globs)


class _Rates(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    input: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    cache_write_1h: Decimal | None = None
    output: Decimal | None = None
    web_search: Decimal | None = None

    def known(self) -> dict[str, Decimal]:
        rates = ((name, getattr(self, name)) for name in CLASSES)
        return {name: rate for name, rate in rates if rate is not None}


class _Above(_Rates, frozen=True, kw_only=True, forbid_unknown_fields=True):
    prompt: Annotated[int, Meta(ge=1)]


class _Tier(_Rates, frozen=True, kw_only=True, forbid_unknown_fields=True):
    times: Decimal | None = None


class _Table(_Rates, frozen=True, kw_only=True, forbid_unknown_fields=True):
    model: str
    since: date | None = field(name="from", default=None)
    until: date | None = None
    like: str | None = field(name="as", default=None)
    above: list[dict[str, Any]] = []
    tier: dict[str, dict[str, Any]] = {}
    source: str | None = None
    checked: date | None = None


_AMOUNTS = (*CLASSES, "times")
_SHOULD_BE = {
    "model": "a name in quotes",
    "as": "a name in quotes",
    "from": "a date like 2026-07-09",
    "until": "a date like 2026-07-09",
    "prompt": "a whole number of tokens above 0",
    "above": "one or more [[price.above]]",
    "tier": "a table like [price.tier.priority]",
    "source": "an address in quotes",
    "checked": "a date like 2026-07-09",
    "name": "a name in quotes",
    "models": "a list of names in quotes",
    "except": "a list of names in quotes",
}


def read_prices(text: str, file: str) -> PriceFile:
    """Raises BadPrices for any mistake, except for an `as` without a price: `pricing` checks these."""
    try:
        document = read_toml(text)
    except BadToml as error:
        raise BadPrices(file, error.line, str(error)) from None
    lines = TomlLines(text)
    if unknown := [key for key in document if key not in ("price", "region")]:
        key = unknown[0]
        raise BadPrices(
            file, lines.of((key,)), f"unknown key `{key}`, only [[price]] and [[region]] are allowed"
        )
    prices, regions = (_tables(document, kind, file, lines) for kind in ("price", "region"))
    entries = tuple(_Reader(file, lines, "price", number).entry(table) for number, table in enumerate(prices))
    _check_overlaps(entries, file)
    return PriceFile(
        entries,
        tuple(_Reader(file, lines, "region", number).region(table) for number, table in enumerate(regions)),
    )


def _tables(document: dict[str, Any], kind: str, file: str, lines: TomlLines) -> list[dict[str, Any]]:
    tables = document.get(kind, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise BadPrices(file, lines.of((kind,)), f"a {kind} must start with [[{kind}]]")
    return tables


class _Reader:
    """Parses one table, and names the line of a mistake in it."""

    def __init__(self, file: str, lines: TomlLines, kind: str, number: int) -> None:
        self._file, self._lines, self._kind, self._number = file, lines, kind, number

    def region(self, raw: dict[str, Any]) -> Region:
        return self._convert(raw, Region, ())

    def entry(self, raw: dict[str, Any]) -> PriceEntry:
        table = self._convert(raw, _Table, ())
        if not table.model.strip():
            raise self._bad(("model",), "`model` is empty")
        if table.since and table.until and table.until <= table.since:
            raise self._bad(("until",), "`until` is not after `from`")
        return PriceEntry(
            model=table.model.strip().lower(),
            since=table.since,
            until=table.until,
            like=table.like,
            price=self._price(table),
            tiers={word.lower(): self._tier(word, raw) for word, raw in table.tier.items()},
            line=self._line(("model",)),
            like_line=self._line(("as",)),
            source=table.source,
            checked=table.checked,
        )

    def _price(self, table: _Table) -> Price | None:
        base = table.known()
        if table.like is not None:
            if base or table.above:
                raise self._bad(("as",), "`as` cannot be combined with rates")
            return None
        for key in ("input", "output"):
            if key not in base:
                raise self._bad((), f"`{key}` is missing (or `as`, the model whose price applies)")
        steps: dict[str, dict[int, Decimal]] = {name: {} for name in CLASSES}
        seen: set[int] = set()
        for at, raw in enumerate(table.above):
            path = ("above", str(at))
            above = self._convert(raw, _Above, path)
            if above.prompt in seen:
                raise self._bad((*path, "prompt"), f"duplicate `prompt` {above.prompt}")
            seen.add(above.prompt)
            for name, rate in above.known().items():
                if name not in base:
                    raise self._bad((*path, name), f"`{name}` has no base rate for shorter prompts")
                steps[name][above.prompt] = rate
        return Price(**{name: _tiered(rate, steps[name]) for name, rate in base.items()})

    def _tier(self, word: str, raw: dict[str, Any]) -> Price | Decimal:
        path = ("tier", word)
        tier = self._convert(raw, _Tier, path)
        rates = tier.known()
        if tier.times is None:
            if not rates:
                raise self._bad(path, f"the tier `{word}` has neither `times` nor rates")
            return Price(**rates)
        if rates:
            raise self._bad((*path, "times"), "`times` cannot be combined with rates")
        return tier.times

    def _convert(self, raw: dict[str, Any], kind: type[_T], path: Keys) -> _T:
        for key in (key for key in raw if key in _AMOUNTS):
            self._check_amount(raw[key], (*path, key))
        try:
            return typed.convert(raw, kind)
        except msgspec.ValidationError as error:
            raise self._explained(str(error), path) from None

    def _check_amount(self, amount: object, path: Keys) -> None:
        key = path[-1]
        if isinstance(amount, bool) or not isinstance(amount, (int, Decimal)):
            raise self._bad(path, f"`{key}` is not a number")
        if not Decimal(amount).is_finite():
            raise self._bad(path, f"`{key}` is not a number")
        if amount < 0:
            raise self._bad(path, f"`{key}` is negative")
        if amount > HIGHEST_RATE:
            raise self._bad(path, f"`{key}` is more than {HIGHEST_RATE}")

    def _explained(self, error: str, path: Keys) -> BadPrices:
        if unknown := re.search(r"unknown field `(.+)`", error):
            return self._bad((*path, unknown[1]), f"unknown key `{unknown[1]}`")
        if missing := re.search(r"required field `(\w+)`", error):
            return self._bad(path, f"`{missing[1]}` is missing")
        wrong = re.search(r"at `\$\.(\w+)", error)
        key = wrong[1] if wrong else ""
        return self._bad((*path, key), f"`{key}` should be {_SHOULD_BE.get(key, 'something else')}")

    def _line(self, path: Keys) -> int:
        return self._lines.of((self._kind, str(self._number), *path))

    def _bad(self, path: Keys, what: str) -> BadPrices:
        return BadPrices(self._file, self._line(path), what)


def _tiered(base: Decimal, steps: dict[int, Decimal]) -> Decimal | Tiered:
    return Tiered(base, tuple(Step(*step) for step in sorted(steps.items()))) if steps else base


def _check_overlaps(entries: tuple[PriceEntry, ...], file: str) -> None:
    for one, two in combinations(entries, 2):
        if one.model == two.model:
            first, last = sorted((one, two), key=lambda entry: entry.since or date.min)
            if first.until is None or last.since is None or last.since < first.until:
                raise OverlappingPrices(file, two.line, one)


def entries_for(entries: tuple[PriceEntry, ...], name: Name, day: date | None) -> Iterator[PriceEntry]:
    """Those that mean this name (on that day, or on any), the one that wins first."""
    yield from sorted(
        (entry for entry in entries if (day is None or entry.holds_on(day)) and entry.means(name)),
        key=PriceEntry.rank,
        reverse=True,
    )
