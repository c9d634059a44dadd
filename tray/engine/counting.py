"""One count of all logs as events: what was counted before, how far it is, what it came to."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from providers.ledger.database import LedgerError
from tray.engine.costs import Costs
from tray.engine.transitions import CostsRead, CountBegan, CountEnded, CountProgressed, Event

PROGRESS_SECONDS = 0.5
_log = logging.getLogger(__name__)


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

    def progressed(share: float) -> None:
        nonlocal last
        if time.monotonic() - last >= PROGRESS_SECONDS:  # each one is summed up, joined and drawn
            last = time.monotonic()
            put(CostsRead(costs.by_home()))
            put(CountProgressed(share))

    problem = None
    try:
        put(CostsRead(costs.by_home()))  # what was counted before
        costs.count(progressed)
    except LedgerError as error:
        _log.warning("%s", error)
        problem = str(error)
    try:
        put(CostsRead(costs.by_home(), costs.counters()))
    except LedgerError as error:
        problem = problem or str(error)
    return problem or costs.ledger.problem
