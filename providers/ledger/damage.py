"""That a ledger is damaged, as everything that reads it says it; its callers get a LedgerDamaged."""

from __future__ import annotations


class DamageFound(Exception):
    """The content of the file is not what was written to it."""
