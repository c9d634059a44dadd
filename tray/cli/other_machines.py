"""What other machines exported, for commands that add it to what is counted here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from providers.ledger.elsewhere import OtherMachines
from providers.ledger.epoch_ms import ms
from tray.cli.console import BadArgument, tell
from tray.engine.exported_files import UnusableFile, add_file, limits_in
from tray.engine.exported_limits import LimitReading
from tray.engine.machine import MACHINE_NAME, machine_name
from tray.engine.scope import Scope
from tray.view.export.redact import HASH_LENGTH


def read_files(
    files: Sequence[str] | None, scope: Scope, span: tuple[datetime, datetime]
) -> tuple[OtherMachines, tuple[str, ...]]:
    """What they have of this time, and those of them that have lines which cannot be read.

    Raises BadArgument for one that is of no use, and StoreFailed.
    """
    if files is not None:
        _require_some(files)
    others = OtherMachines(machine_name(scope.settings().get(MACHINE_NAME)))
    days, damaged = (ms(span[0]), ms(span[1])), list[str]()
    for name in dict.fromkeys(files or ()):
        try:
            found = add_file(name, others, days, scope.provider_ids())
        except UnusableFile as error:
            raise BadArgument(str(error)) from None
        for problem in found.problems():
            tell(problem)
        if not found.is_whole:
            damaged.append(found.name)
    return others, tuple(damaged)


def read_limits(files: Sequence[str], scope: Scope) -> list[LimitReading]:
    """The newest of each file. Raises BadArgument for one that is of no use."""
    _require_some(files)
    readings: list[LimitReading] = []
    for name in dict.fromkeys(files):
        try:
            own, found = limits_in(name, scope.provider_ids())
        except UnusableFile as error:
            raise BadArgument(str(error)) from None
        if any(len(reading.account) == HASH_LENGTH for reading in own):
            raise BadArgument(
                f"{found.name} was exported with --redact: its accounts cannot be compared with those here."
                " Export it without that."
            )
        for problem in found.problems():
            tell(problem)
        readings += own
    return readings


def _require_some(files: Sequence[str]) -> None:
    if not files:
        raise BadArgument("--with needs at least one file")
