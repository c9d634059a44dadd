"""The context window of a Claude Code session, which its logs do not name: known only where there is no doubt."""

from __future__ import annotations

import re
from collections.abc import Sequence

from providers.domain.context_use import ContextUse

_USUAL, _LONG = 200_000, 1_000_000
"""Claude Code 2.1.332 has no others."""
_ALWAYS_USUAL = r"claude-(?:3\b|3-|haiku-4|opus-4-(?:0|1|5|20250514)\b)"
"""Models that were never offered with the long one."""


def context_window(use: ContextUse, observations: Sequence[bytes]) -> int | None:  # noqa: ARG001 - as every provider
    return window_of(use.model, use.largest)


def window_of(model: str | None, largest: int) -> int | None:
    """Tokens: the long one once a session was sent more than fits the usual one."""
    if largest > _USUAL:
        return _LONG
    return _USUAL if model and re.match(_ALWAYS_USUAL, model) else None
