"""What a vendor's server counted itself: of single sessions, and of each day of an account.

It is asked for only when the person wishes so: each session is a request of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from msgspec import Struct

from providers.domain.errors import ProviderError
from providers.domain.limits import DayTokens

SETTLED = timedelta(hours=1)
"""A server may count a response late: what it says of a session so soon after its last response can still grow."""


class ServerUse(Struct, frozen=True, kw_only=True):
    """What the server counted of one session; a figure that it does not state is None, never 0.

    `input_tokens` are those that came from no cache, with those written to one. `total_tokens` are all. `usd` is
    the money that it names for them; `is_estimate` if it says so itself.
    """

    total_tokens: int | None = None
    input_tokens: int | None = None
    cache_read_tokens: int | None = None
    output_tokens: int | None = None
    usd: float | None = None
    is_estimate: bool = False


class ServerAnswer(Struct, frozen=True, kw_only=True):
    """What came of asking: `sessions` by id; `unknown` are those that the server does not know; `days` are its
    count of each day. `error` is why the rest was not asked for, None if nothing is left.
    """

    sessions: Mapping[str, ServerUse] = {}
    unknown: frozenset[str] = frozenset()
    days: tuple[DayTokens, ...] = ()
    error: ProviderError | None = None
