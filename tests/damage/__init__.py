"""Ledgers that are damaged on purpose."""
