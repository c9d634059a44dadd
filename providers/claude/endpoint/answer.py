"""Parses responses of the usage endpoint, whether fetched or from Claude Code's cache. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec import Struct

from providers.claude.endpoint import money, windows
from providers.domain.errors import NotUnderstood
from providers.domain.limits import RateWindow, Spend


class UsageAnswer(Struct, frozen=True, kw_only=True):
    """A parsed response; the fields are those of `providers.domain.limits.Reading`."""

    windows: tuple[RateWindow, ...]
    spend: Spend | None
    speaks_for: frozenset[str]
    dropped: tuple[str, ...]


def parse(raw: Any, now: datetime, shows: Callable[[str], bool] = lambda _: True) -> UsageAnswer | None:
    """The parsed response, None when it contains neither limits nor spend.

    Raises NotUnderstood where all limits in it had to be dropped: the account would seem to have none.
    `shows` says whether a name from the server may be shown: one that echoes our token must not be.
    """
    if not isinstance(raw, dict):
        return None
    found, spent = windows.find(raw, now, shows), money.find(raw)
    if found.lost and not found.windows:
        raise NotUnderstood("Anthropic reported your limits in an unknown format.")
    if not found.windows and not found.complete and not spent.known:
        return None
    covered = {"windows": found.complete, "spend": spent.known}
    return UsageAnswer(
        windows=found.windows,
        spend=spent.spend,
        speaks_for=frozenset(lane for lane, known in covered.items() if known),
        dropped=(*found.dropped, *spent.dropped),
    )
