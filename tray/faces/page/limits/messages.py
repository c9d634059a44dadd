"""How many messages the person sent in each window."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import timedelta

from providers.ledger.epoch_ms import ms
from providers.ledger.sent_messages import MessageTimes
from providers.ledger.windows import WindowRecord
from tray.faces.page.data import PageData
from tray.faces.page.limits.accounts import LimitAccount
from tray.faces.page.limits.windows import EVER, asked_span
from tray.view.window_sums import spans_of

_LONGEST = timedelta(days=35)
"""So long before the range a window may have begun."""
_AHEAD = timedelta(minutes=1)
"""A message is sent before the server begins the window in which it is answered."""


def messages_in(data: PageData, account: LimitAccount, records: Sequence[WindowRecord]) -> list[int] | None:
    """Of each of these windows, oldest first. None where the address asks for a project or for a model, which no
    message names. Raises LedgerError.
    """
    if data.query.project or data.query.model:
        return None
    own = sorted(
        at
        for (ident, home), times in data.once("times of messages", lambda: _times(data)).items()
        if ident == account.id and data.query.home in ("", home)
        for at in times
    )
    return [
        bisect_left(own, ms(until if until >= data.now else until - _AHEAD))
        - bisect_left(own, ms(since - _AHEAD))
        for since, until in spans_of(records, data.now)
    ]


def _times(data: PageData) -> MessageTimes:
    since, until = asked_span(data)
    since = since - _LONGEST if since - EVER[0] > _LONGEST else since
    return data.costs.ledger.message_times(data.scope.log_home_labels(), since, max(until, data.now))
