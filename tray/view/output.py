"""Documents as JSON and rows as text, to stdout. Pure but for `emit`."""

from __future__ import annotations

import sys

import msgspec

from tray.view.rows import Row, lines


def emit(text: str) -> None:
    """Data to stdout; a character its encoding lacks becomes a question mark rather than an error."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    print(text, flush=True)


def as_json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def as_text(rows: tuple[Row, ...]) -> str:
    return "\n".join(lines(rows))
