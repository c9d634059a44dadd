"""Where the data lie, and how the ledger is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from providers.host.files import short
from providers.ledger import health
from providers.ledger.database import LedgerError
from providers.ledger.quarantine import is_emptied, is_marked, quarantined_files
from tray.engine.log_file import FILE
from tray.faces.page.data import PageData
from tray.faces.page.table.columns import ShownCell
from tray.faces.page.table.names import readable
from tray.faces.page.table.plain import FactTable, bytes_text, text_cell
from tray.view import format as fmt


class Storage(Struct, frozen=True, kw_only=True):
    """`states` are sentences on the ledger, `problems` those that ask for something to be done."""

    states: tuple[str, ...]
    problems: tuple[str, ...]
    paths: FactTable


def build(data: PageData) -> Storage:
    path = data.costs.files[0]
    return Storage(
        states=tuple(_states(data, path)), problems=tuple(_problems(data, path)), paths=_paths(data, path)
    )


def _states(data: PageData, path: Path) -> Iterator[str]:
    if not os.path.exists(path):
        yield "Nothing was counted yet: there is no ledger."
        return
    size = bytes_text(health.size_of(path))
    yield f"The ledger takes {size}. It keeps what was counted, also when logs are deleted."
    try:
        yield f"State {data.costs.ledger.generation():x}. It changes whenever the totals may have changed."
        found = data.costs.ledger.read(health.scrub, None)
    except LedgerError:
        return
    if found is None:
        return
    if found.removed and found.removed_at is not None:
        rows = "1 damaged row was" if found.removed == 1 else f"{found.removed:,} damaged rows were"
        yield f"{rows} removed from the limit history {fmt.age(data.now - found.removed_at)}."
    if found.ended is not None:
        yield f"All checksums were checked {fmt.age(data.now - found.ended)}."
    else:
        yield f"{found.checked:.0%} of the checksums were checked so far; a part is checked every hour."


def _problems(data: PageData, path: Path) -> Iterator[str]:
    ledger = data.costs.ledger
    if not ledger.is_kept:
        yield f"What is counted is kept in memory only. {ledger.problem}"
    if is_emptied(path):
        yield "The ledger is empty, although logs were counted. The next scan counts them again."
    if is_marked(path):
        yield "A report found damage in the ledger. The next scan checks the whole file and repairs it."
    try:
        ledger.generation()
    except LedgerError as error:
        yield str(error)
    for broken in quarantined_files(path):
        yield (
            f"A damaged ledger was kept as {readable(short(broken))}."
            " What could be read was recovered; delete the file when you miss nothing."
        )


def _paths(data: PageData, ledger: Path) -> FactTable:
    own = data.scope.folders
    named = (
        ("Settings", data.scope.settings_file),
        ("Your prices", data.scope.prices_file),
        ("Downloaded prices", data.scope.fetched_prices),
        ("Ledger", ledger),
        ("Log of problems", own.state / FILE),
        ("State folder", own.state),
        ("Cache folder", own.cache),
    )
    return FactTable(
        caption="Files and folders",
        heads=("What", "Where", "State"),
        rows=tuple(_path(*each) for each in named),
    )


def _path(name: str, path: Path) -> tuple[ShownCell, ...]:
    there = "" if os.path.lexists(path) else "not created yet"
    where = text_cell(short(path), 100)
    return text_cell(name), ShownCell(shown=where.shown, hint=readable(str(path))), text_cell(there)
