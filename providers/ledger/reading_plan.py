"""What a refresh reads, newest first."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from msgspec import Struct

from providers.ledger.changes import LogChanges, Shelf
from providers.ledger.discover import FoundLogs
from providers.ledger.log_reader import ChangedLog


class ShelfLook(Struct, frozen=True):
    """The logs found on a shelf, and what has changed of them."""

    shelf: Shelf
    logs: FoundLogs
    changes: LogChanges


class ReadingPlan:
    """The changed logs of all shelves, those that are `known` before the `new` ones; `unread` is their bytes."""

    def __init__(self, looks: Sequence[ShelfLook]) -> None:
        self.known = [(change, look.shelf) for look in looks for change in look.changes.known]
        self.known.sort(key=lambda each: each[0].log.mtime_ns, reverse=True)
        self.new = NewLogs(looks)
        self.unread = self.new.unread + sum(change.unread for change, _ in self.known)
        self.providers = {look.shelf.provider for look in looks if look.changes.known or look.changes.new}


class NewLogs:
    """The logs that the ledger does not know, by number; with columns like FoundLogs, as they may be 100,000."""

    def __init__(self, looks: Iterable[ShelfLook]) -> None:
        self._looks = [look for look in looks if look.changes.new]
        self._starts: list[int] = []
        self._places = array("q")
        self.unread = 0
        mtimes = array("q")
        for look in self._looks:
            logs, places = look.logs, look.changes.new
            self._starts.append(len(mtimes))
            self._places.extend(places)
            mtimes.extend(map(logs.mtimes.__getitem__, places))
            self.unread += sum(map(logs.sizes.__getitem__, places))
        self._order = array("q", sorted(range(len(mtimes)), key=mtimes.__getitem__, reverse=True))

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, number: int) -> tuple[ChangedLog, Shelf]:
        look, place = self._at(number)
        return ChangedLog(look.logs[place], None), look.shelf

    def path(self, number: int) -> str:
        look, place = self._at(number)
        return look.logs.path(place)

    def _at(self, number: int) -> tuple[ShelfLook, int]:
        at = self._order[number]
        return self._looks[bisect_right(self._starts, at) - 1], self._places[at]

    @property
    def shelves(self) -> list[Shelf]:
        """Those that have new logs."""
        return [look.shelf for look in self._looks]
