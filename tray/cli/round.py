"""`tankful round`: what a bar starts in the background where no process owns the engine. Prints nothing."""

from __future__ import annotations

import os
from contextlib import suppress
from threading import Timer
from typing import TYPE_CHECKING

from tray.cli.console import OK, open_scope

if TYPE_CHECKING:
    import argparse

_PAGE_SECONDS = 15.0


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(_options: argparse.Namespace) -> int:
    """One round of limits, then of costs; each is published. One at a time, and within a minute."""
    from providers.ledger.database import LedgerError
    from tray.engine.costs import Costs
    from tray.engine.detached import ROUND_SECONDS
    from tray.engine.once import take_round
    from tray.engine.single_instance import SingleInstance, StateFolderUnusable

    scope = open_scope()
    alone = SingleInstance(scope.folders.state, "round.lock")
    with suppress(StateFolderUnusable):
        if not alone.acquire():
            return OK
        deadline = Timer(ROUND_SECONDS, os._exit, (OK,))
        deadline.daemon = True
        deadline.start()
        costs = Costs(scope)
        take_round(scope, costs, "due")
        with suppress(LedgerError):
            costs.count()
        take_round(scope, costs, "due", page_seconds=_PAGE_SECONDS)
        alone.release()
    return OK
