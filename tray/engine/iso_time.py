"""Times as text, as all documents write them and read them back; with the standard library alone."""

from __future__ import annotations

from datetime import UTC, datetime


def epoch(text: str) -> float:
    """Epoch seconds of an ISO time with a zone."""
    return datetime.fromisoformat(text).timestamp()


def iso(at: float) -> str:
    """UTC to the second."""
    return datetime.fromtimestamp(int(at // 1), UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
