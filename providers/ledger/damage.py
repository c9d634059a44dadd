"""That a ledger is damaged, as everything that reads it says it."""

from __future__ import annotations


class DamagedLedger(Exception):
    """The content of the file is not what was written to it."""
