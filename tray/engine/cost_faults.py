"""Faults of ours with the logs of one provider: they cost its figures, and those of no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar

from providers.host.faults import log_fault, logger_of
from providers.ledger.changes import Shelf
from providers.ledger.database import LedgerDamaged, LedgerError
from providers.ledger.discover import FINDERS, FoundLogs
from providers.source import Provider

P = ParamSpec("P")
R = TypeVar("R")


class ProviderFailed(LedgerError):
    """The logs of a provider could not be counted for a fault of ours; those of the others are."""


def failed(provider: Provider, error: Exception) -> ProviderFailed:
    log_fault(logger_of(__name__), f"could not count the logs of {provider.id}", error)
    return ProviderFailed(
        f"The logs of {provider.title} could not be counted: internal error ({type(error).__name__})."
        " Please report this."
    )


def retry_after_damage(report: Callable[P, R]) -> Callable[P, R]:
    """Retried once: a report that meets damage marks the ledger, and the next count repairs it."""

    @wraps(report)
    def retried(*args: P.args, **options: P.kwargs) -> R:
        try:
            return report(*args, **options)
        except LedgerDamaged:
            return report(*args, **options)

    return retried


def found_logs(shelf: Shelf) -> tuple[FoundLogs, Sequence[str]]:
    """Its logs, and what could not be read: all of it after a fault of ours, which the count reports."""
    try:
        return FINDERS.finder(shelf.home, shelf.format).find()
    except Exception as error:  # noqa: BLE001 - it must not cost the figures of the others
        log_fault(logger_of(__name__), f"could not find the logs of {shelf.provider}", error)
        return FoundLogs(), (str(shelf.home),)
