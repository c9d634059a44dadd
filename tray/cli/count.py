"""`tankful count`: what the tray runs for a first scan. Prints the share that is done, 0-1, a line each time; or
for whom it waits.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tray.cli.console import NOTHING_READ, OK, open_scope, tell

if TYPE_CHECKING:
    import argparse


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(_options: argparse.Namespace) -> int:
    from providers.ledger.database import LedgerError
    from tray.engine.costs import Costs

    try:
        Costs(open_scope()).count(lambda share: _print(f"{share:.4f}"), _print)
    except LedgerError as error:
        tell(str(error))
        return NOTHING_READ
    return OK


def _print(line: str) -> None:
    """Ends the process when the pipe is closed."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
