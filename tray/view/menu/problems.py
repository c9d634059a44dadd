"""What is wrong with an account, and what to do about it: the first thing that is shown of it. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Literal

from providers.domain.errors import RETRIES, Offline
from providers.domain.limits import AccountUsage, UsageError
from tray.engine.state import State
from tray.view import extras
from tray.view import format as fmt
from tray.view.rows import Row, text_row

SENTENCE = 300  # characters: only a fault makes a longer one
MENU_WIDTH = 64  # characters: a wider menu covers what one works at

About = Literal["blocked", "error", "remedy", "none", "login"]


def problems(usage: AccountUsage, state: State, now: datetime, zone: tzinfo) -> Iterator[tuple[About, str]]:
    """Sentences, the most urgent first."""
    if (block := extras.blocking(usage, now, zone)) is not None:
        yield "blocked", block
    if usage.error is not None:
        message, remedy = _error(usage.error, usage.offline_since, now, zone)
        yield "error", message
        if remedy:
            yield "remedy", remedy
    elif usage.account is not None and not usage.windows:
        if usage.limits_known:
            yield "none", "No limits reported for this account."
        elif not (usage.credits or usage.spend):
            # Either way a row: a refresh adds none to an open menu, and takes none away.
            yield "none", "Asking for limits…" if state.refreshing else "Limits not available yet."
    if (ending := extras.login_ending(usage, now, zone)) is not None:
        yield "login", ending


def sentence_rows(key: str, sentence: str, most: int = 6, *, width: int = MENU_WIDTH) -> Iterator[Row]:
    """A sentence over as many rows as it needs: panels draw a line of any length, however wide the menu gets."""
    text = fmt.plain(sentence, longest=SENTENCE)
    for number, line in enumerate(textwrap.wrap(text, width, max_lines=most, placeholder="…")):
        yield text_row(f"{key}#{number + 1}" if number else key, line)


def _error(
    error: UsageError, offline_since: datetime | None, now: datetime, zone: tzinfo
) -> tuple[str, str | None]:
    """What happened, and what to do about it unless that is obvious."""
    message, remedy = fmt.plain(error.message, SENTENCE), fmt.plain(error.remedy, SENTENCE)
    if offline_since is not None:
        since = f"Offline since {fmt.moment(offline_since, now, zone)}."
        return (since, None) if error.remedy == Offline.remedy else (f"{since} {message}", remedy)
    if error.retry_at is not None and error.retry_at > now:
        message = f"{message} Next try {fmt.soon(error.retry_at, now, zone)}."
    # Also once that time has come: an open menu keeps its rows.
    return message, None if error.retry_at is not None and error.remedy == RETRIES else remedy
