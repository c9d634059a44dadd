"""The homes whose logs are counted, and how completely."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from providers.ledger.coverage import HomeCoverage, coverage
from providers.ledger.database import LedgerError
from providers.source import Home, Provider
from tray.faces.page.data import PageData
from tray.faces.page.table.columns import ShownCell
from tray.faces.page.table.names import readable
from tray.faces.page.table.plain import FactTable, bytes_text, number_cell, text_cell

_HEADS = ("Home", "Provider", "Logs", "Size", "Deleted since", "Skipped lines", "Incomplete")
_MOST_NAMED = 20


class CountedLogs(Struct, frozen=True, kw_only=True):
    """`lines` are sentences, `named` logs that could not be read completely, `problem` is why nothing is known."""

    table: FactTable
    lines: tuple[str, ...]
    named: tuple[str, ...]
    problem: str = ""


def build(data: PageData) -> CountedLogs:
    providers = data.scope.chosen()
    homes = {provider.id: data.scope.log_homes_of(provider) for provider in providers}
    problem, known = "", dict[str, dict[Path, HomeCoverage]]()
    try:
        for provider in providers:
            paths = [home.path for home in homes[provider.id]]
            asked = partial(coverage, provider=provider.id, homes=paths)
            known[provider.id] = data.costs.ledger.read(asked, {})
        lines = (*_counted(data, providers), *_days(data))
    except LedgerError as error:
        problem, lines = str(error), ()
    rows = [
        _row(home, provider, known.get(provider.id, {}).get(home.path))
        for provider in providers
        for home in homes[provider.id]
    ]
    return CountedLogs(
        table=FactTable(
            caption="The homes whose logs are counted",
            heads=_HEADS,
            rows=tuple(rows),
            numbers=(2, 3, 4, 5, 6),
        ),
        lines=lines,
        named=tuple(_named(data, known)),
        problem=problem,
    )


def _row(home: Home, provider: Provider, counted: HomeCoverage | None) -> tuple[ShownCell, ...]:
    name = replace(text_cell(home.label), hint=readable(str(home.path)))
    if counted is None:
        there = "no logs yet" if os.path.isdir(home.path) else "does not exist"
        return name, text_cell(provider.title), text_cell(there), *[ShownCell(shown="")] * 4
    return (
        name,
        text_cell(provider.title),
        number_cell(counted.logs),
        ShownCell(shown=bytes_text(counted.bytes), value=f"{counted.bytes}", hint=f"{counted.bytes:,} bytes"),
        number_cell(counted.deleted),
        number_cell(counted.skipped_lines),
        number_cell(counted.incomplete),
    )


def _counted(data: PageData, providers: Sequence[Provider]) -> Iterator[str]:
    for provider in providers:
        match data.costs.ledger.is_complete(provider.id):
            case None:
                yield f"{provider.title}: not counted yet."
            case True:
                yield f"{provider.title}: all logs are counted."
            case False:
                yield f"{provider.title}: not all logs are counted. The next scan continues."


def _days(data: PageData) -> Iterator[str]:
    days = data.rollup.used_days(data.selection)
    if days is not None:
        yield f"First day with use: {days[0]}. Last day: {days[1]}."


def _named(data: PageData, known: Mapping[str, Mapping[Path, HomeCoverage]]) -> Iterator[str]:
    paths = dict.fromkeys(path for logs in data.costs.incomplete_logs.values() for path in logs)
    for homes in known.values():
        for home, counted in homes.items():
            paths |= dict.fromkeys(os.fspath(home / path) for path in counted.named)
    shown = [readable(path) for path in paths]
    yield from shown[:_MOST_NAMED]
    if len(shown) > _MOST_NAMED:
        yield f"and {len(shown) - _MOST_NAMED:,} more"
