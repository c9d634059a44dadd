"""Sums of the whole ledger that answer any question in milliseconds, however many responses it holds."""
