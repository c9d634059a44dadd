"""What is counted of each session alone, and of each day (UTC) of an account: what servers count, too."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.audit import NOTHING, CountedUse, UsedTokens
from providers.domain.server_audit import CountedThread
from providers.ledger import query
from providers.ledger.epoch_ms import moment, moment_or_none
from providers.ledger.row_checksums import INTACT
from providers.ledger.steps import Steps
from providers.ledger.sums import PICO
from providers.ledger.verify import Verifier

_ALL_TIME = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
_DAYS = Steps(width_ms=86_400_000)
_NAMES = frozenset({"session", "root", "project", "account"})


class AccountsUse(Struct, frozen=True, kw_only=True):
    """`threads` by session; `days` by account, "" where that is not known."""

    threads: dict[str, CountedThread]
    days: dict[str, dict[date, CountedUse]]

    def days_of(self, account: str) -> dict[date, CountedUse]:
        """Those of the account, with what is nobody's where no other account has any."""
        own = dict(self.days.get(account, {}))
        if self.days.keys() <= {account, ""}:
            for day, use in self.days.get("", {}).items():
                own[day] = _with(own[day], use) if day in own else use
        return own


def accounts_use(
    db: sqlite3.Connection, provider: str, homes: Sequence[Path], verifier: Verifier
) -> AccountsUse:
    """All that these homes ever used."""
    threads: dict[str, CountedThread] = {}
    days: defaultdict[str, dict[date, CountedUse]] = defaultdict(dict)
    of_subagents: Counter[str] = Counter()
    for each in query.slices(db, provider, homes, *_ALL_TIME, verifier, _NAMES, _DAYS):
        fresh, read, written, _, output, _ = each.tokens
        used = UsedTokens(
            fresh + read + written + output,
            each.pico_usd / PICO if each.priced == each.responses else None,
        )
        use = CountedUse(
            on_lines=NOTHING if each.not_on_lines else used,
            not_on_lines=used if each.not_on_lines else NOTHING,
            last_at=moment(each.last_ms),
            project=each.project or None,
        )
        of_day = days[each.account]
        day = moment(each.first_ms).date()
        of_day[day] = _with(of_day.get(day, CountedUse()), replace(use, project=None))
        if not each.session:
            continue
        known = threads.get(each.session)
        threads[each.session] = CountedThread(
            home=each.home if known is None else known.home,
            account=each.account if known is None or not known.account else known.account,
            use=use if known is None else _with(known.use, use),
        )
        if each.thread != each.session:
            of_subagents[each.thread] += used.tokens
    for session, tokens in of_subagents.items():
        if session in threads:
            threads[session] = replace(threads[session], subagents=tokens)
    return AccountsUse(threads=threads, days=dict(days))


def first_heard(db: sqlite3.Connection, account: str) -> datetime | None:
    """When the first limit of the account was read; None if none ever was."""
    query = f"SELECT min(at_ms) FROM limits WHERE account = ? AND {INTACT['limits']}"  # noqa: S608
    return moment_or_none(db.execute(query, (account,)).fetchone()[0])


def _with(known: CountedUse, use: CountedUse) -> CountedUse:
    last = [at for at in (known.last_at, use.last_at) if at is not None]
    return CountedUse(
        on_lines=known.on_lines + use.on_lines,
        not_on_lines=known.not_on_lines + use.not_on_lines,
        last_at=max(last, default=None),
        project=known.project or use.project,
    )
