"""What live sessions used: the question to the ledger, and its answer. Frozen, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import Struct

from providers.domain.cost import Tally

RATE_SPAN = timedelta(minutes=10)
"""The rate of tokens is that of so long a time."""


class SessionKey(Struct, frozen=True):
    """Identifies a session: two homes may have copies of one."""

    provider: str
    home: Path
    id: str


class AskedSession(Struct, frozen=True, kw_only=True):
    """`logs` are its own log and those of its subagents, `week_since` is when the weekly window of its account
    began, None if unknown.
    """

    key: SessionKey
    logs: tuple[Path, ...]
    account: str | None = None
    week_since: datetime | None = None


class SessionFigures(Struct, frozen=True, kw_only=True):
    """`own` is the session alone, `tally` with its subagents, of all time; `subagents` are theirs, by id.

    `history` are the tokens of its newest responses, oldest first. `tokens_per_minute` are those that it and
    its subagents added in the last RATE_SPAN: input, cache writes and output. `week_share` is its share (0-1)
    of what its account used since `week_since`, None where that is unknown, or something of it has no price.
    `largest_prompt` are the most tokens that a response of the session itself was sent.
    """

    own: Tally
    tally: Tally
    subagents: Mapping[str, Tally] = {}
    history: tuple[int, ...] = ()
    tokens_per_minute: float | None = None
    week_share: float | None = None
    largest_prompt: int = 0
