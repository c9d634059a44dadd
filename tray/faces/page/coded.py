"""Sentences with commands in them, as `tankful doctor`, for a page."""

from __future__ import annotations

from markupsafe import Markup, escape


def coded(sentence: str) -> Markup:
    """What stands between two backticks becomes code; all of it is escaped."""
    parts = sentence.split("`")
    if len(parts) % 2 == 0:  # one without its other half is a character as any other
        return escape(sentence)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part)
        for number, part in enumerate(parts)
    )
