"""The settings in snapshot.json that others need, with the standard library alone."""

from __future__ import annotations

from providers.domain.work_days import ALL

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from typing import Any

    Document = dict[str, Any]


def work_days(snapshot: Document) -> str:
    """As `work_days.DAYS` has them; all where nothing was published."""
    days: str = _display(snapshot, "work_days", ALL)
    return days


def shows_used(snapshot: Document) -> bool:
    """Whether the person wants to see what is used instead of what is left."""
    return bool(_display(snapshot, "used", False))


def hides_email(snapshot: Document) -> bool:
    return bool(_display(snapshot, "hide_email", False))


def _display(snapshot: Document, name: str, default: object) -> Any:
    return snapshot.get("settings", {}).get("display", {}).get(name, default)
