"""One count of all logs as events: what was counted before, how far it is, what it came to."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from providers.ledger.database import LedgerError
from tray.engine.costs import Costs
from tray.engine.transitions import CostsRead, CountBegan, CountEnded, CountProgressed, CountWaits, Event

PROGRESS_SECONDS = 0.5


def count(costs: Costs, put: Callable[[Event], None]) -> None:
    """Always ends with a CountEnded: until then no other count starts."""
    problem = None
    put(CountBegan())
    try:
        problem = _count(costs, put)
    finally:
        put(CountEnded(problem))


def _count(costs: Costs, put: Callable[[Event], None]) -> str | None:
    """Why the count is incomplete, or None."""
    last = -PROGRESS_SECONDS
    has_waited = False

    def progressed(share: float) -> None:
        nonlocal last, has_waited
        if has_waited:
            has_waited = False
            put(CountWaits(None))
        if time.monotonic() - last >= PROGRESS_SECONDS:  # each one is summed up, joined and drawn
            last = time.monotonic()
            _put_known(costs, put)
            put(CountProgressed(share))

    def waiting(clause: str) -> None:
        nonlocal has_waited
        has_waited = True
        put(CountWaits(clause[:1].upper() + clause[1:]))

    problem = None
    _put_known(costs, put)
    try:
        costs.count(progressed, waiting)
    except LedgerError as error:
        problem = str(error)  # logged as it comes and goes, as all that is in the state
    try:
        put(CostsRead(costs.by_home(), costs.counters(), is_explained=bool(costs.explained)))
    except LedgerError as error:
        problem = problem or str(error)
    return problem or costs.ledger.problem


def _put_known(costs: Costs, put: Callable[[Event], None]) -> None:
    """What was counted before; nothing of a ledger that cannot be read, as the count repairs it."""
    with suppress(LedgerError):
        put(CostsRead(costs.by_home(), is_explained=bool(costs.explained)))
