"""An account: its row with a ring, its windows under it, and its submenu with all the rest. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

from msgspec import Struct

from providers.domain.blocked import blocked
from providers.domain.limits import AccountUsage
from providers.domain.merge import is_stale
from tray.engine.state import State
from tray.view import extras
from tray.view import format as fmt
from tray.view.accounts import (
    LONGEST_NAME,
    LONGEST_OWNER,
    current_windows,
    homes,
    own_windows,
    read_times,
    tightest_window,
    tightness,
)
from tray.view.available import Available
from tray.view.error_words import IN_A_WORD
from tray.view.level import Level, level
from tray.view.menu.account_pages import account_page_rows
from tray.view.menu.actions import page_rows
from tray.view.menu.cost import cost_rows
from tray.view.menu.problems import MENU_WIDTH, SENTENCE, problems, sentence_rows
from tray.view.menu.windows import Look, bar_and_name, is_spent, pace_rows, reset_text, window_row
from tray.view.row_icon import Ring
from tray.view.rows import Row, separator_row, submenu_row, text_row

_LOUDNESS: tuple[Level, ...] = ("plenty", "low", "scarce", "spent")
_MOST_PROBLEMS = 3  # of an account at the top level; all of them are in its submenu


class Entry(Struct, frozen=True, kw_only=True):
    """An account with its key and its name in this menu."""

    key: str
    header: str
    usage: AccountUsage


def entries(accounts: Sequence[AccountUsage], now: datetime, look: Look) -> tuple[Entry, ...]:
    """The worst first; of two that are as tight, in the order of the snapshot."""

    def order(each: Entry) -> tuple[int, bool]:
        return round(tightness(each.usage, now)), each.usage.error is None

    return tuple(sorted(named(accounts, look), key=order))


def named(accounts: Sequence[AccountUsage], look: Look) -> tuple[Entry, ...]:
    """In the order of the snapshot."""
    return tuple(
        Entry(key=key, header=header, usage=usage)
        for key, header, usage in zip(_keys(accounts), _headers(accounts, look), accounts, strict=True)
    )


def full_rows(
    entry: Entry,
    state: State,
    now: datetime,
    zone: tzinfo,
    look: Look,
    available: Available,
    lines: int = 2,
) -> Iterator[Row]:
    """The account's row, what is wrong with it, each in so many lines at most, and its own windows."""
    key, usage = entry.key, entry.usage
    below = _details(entry, state, now, zone, look, available)
    yield submenu_row(key, entry.header, below, icon=ring(usage, now, zone, look))
    for about, sentence in list(problems(usage, state, now, zone))[:_MOST_PROBLEMS]:
        yield from sentence_rows(f"{key}:first:{about}", sentence, most=lines)
    for lane in own_windows(usage):
        yield window_row(key, lane, now, zone, look)


def compact_row(
    entry: Entry, state: State, now: datetime, zone: tzinfo, look: Look, available: Available
) -> Row:
    """The account in one row, with its tightest window; all the rest is in its submenu."""
    key, usage = entry.key, entry.usage
    lane = tightest_window(usage, now)
    parts = [bar_and_name(lane, now, look, entry.header)]
    if lane is not None:
        parts.append(fmt.plain(lane.value.title, longest=LONGEST_NAME))
        parts += ["spent"] if is_spent(lane, now) else []
        parts += [reset for reset in (reset_text(lane, now, zone, short=True),) if reset]
    if usage.error is not None:
        parts.append(IN_A_WORD[usage.error.kind])
    windows = [window_row(key, each, now, zone, look) for each in own_windows(usage)]
    between = [separator_row(f"line:{key}:windows")] if windows else []
    below = [*windows, *between, *_details(entry, state, now, zone, look, available)]
    spent = lane is not None and is_spent(lane, now)
    return submenu_row(
        key,
        fmt.DOT.join(parts),
        below,
        icon=ring(usage, now, zone, look),
        tone="alert" if spent else "normal",
    )


def ring(usage: AccountUsage, now: datetime, zone: tzinfo, look: Look) -> Ring:
    """How much is left of its tightest window, in the colour of how that will end."""
    lane = tightest_window(usage, now)
    problem = usage.error is not None
    if lane is None:
        return Ring(share=None, problem=problem)
    left = fmt.left_percent(lane.value.used_percent)
    return Ring(
        share=_share(100 - left if look.used and left > 0 else left),
        level=_level(usage, now, zone, look),
        faint=is_stale(lane.fetched_at, lane.value.resets_at, now, usage.refresh_every),
        problem=problem,
    )


def detail_rows(
    entry: Entry, state: State, now: datetime, zone: tzinfo, look: Look, *, short: bool = True
) -> tuple[list[Row], ...]:
    """What an account's submenu shows, in groups: without what is at the top level, and without actions."""
    key, usage = entry.key, entry.usage
    own = own_windows(usage)
    wrong = [
        row
        for about, sentence in problems(usage, state, now, zone)
        for row in sentence_rows(f"{key}:says:{about}", sentence, width=MENU_WIDTH if short else SENTENCE)
    ]
    scoped = [
        window_row(key, lane, now, zone, look, short=short) for lane in usage.windows if lane not in own
    ]
    beside = [text_row(f"{key}:{about}", text) for about, text in extras.beside_windows(usage, now, zone)]
    early = [text_row(f"{key}:{about}", text) for about, text in extras.early(usage, now, zone)]
    cost = list(cost_rows(key, usage.cost, state)) if usage.homes else []
    pace_ = list(pace_rows(key, usage, now, zone, look))
    whose = list(_owner_rows(key, usage, now, look, width=MENU_WIDTH if short else SENTENCE))
    return wrong, [*pace_, *early], scoped, beside, cost, whose


def _details(
    entry: Entry, state: State, now: datetime, zone: tzinfo, look: Look, available: Available
) -> Iterator[Row]:
    own = list(account_page_rows(entry.key, entry.usage, now, zone))
    pages = list(page_rows(entry.key, entry.usage, available))
    groups = [group for group in (*detail_rows(entry, state, now, zone, look), own, pages) if group]
    for number, group in enumerate(groups):
        if number:
            yield separator_row(f"line:{group[0].key}")
        yield from group


def _owner_rows(key: str, usage: AccountUsage, now: datetime, look: Look, *, width: int) -> Iterator[Row]:
    """Whose the account is, and where its values came from."""
    if whose := owner_text(usage, look):
        yield from sentence_rows(f"{key}:owner", whose, width=width)
    if (age := age_text(usage, now)) is not None:
        yield text_row(f"{key}:age", age)


def owner_text(usage: AccountUsage, look: Look) -> str:
    """E-mail address, plan and homes of an account; "" for a home without one, whose name says all."""
    account = usage.account
    if account is None:
        return ""
    parts = (_email(usage, look), account.plan and fmt.plain(fmt.plan(account.plan)), homes(usage))
    return fmt.DOT.join(part for part in parts if part)


def age_text(usage: AccountUsage, now: datetime) -> str | None:
    """When its values were last updated, and from where; None where it has none."""
    read_at = read_times(usage)
    if not read_at:
        return None
    oldest = min(read_at, key=lambda each: each.at)
    source = fmt.plain(usage.source_titles.get(oldest.source, oldest.source))
    stale = all(is_stale(each.at, each.ends, now, usage.refresh_every) for each in read_at)
    begin = "Last updated" if stale else "Updated"
    return f"{begin} {fmt.age(now - oldest.at)}{fmt.DOT}{source}"


def _share(percent: float) -> float:
    """In steps of a hundredth, so that the same picture is sent once; only nothing is 0."""
    return 0.0 if percent <= 0 else max(0.01, round(percent / 100, 2))


def _level(usage: AccountUsage, now: datetime, zone: tzinfo, look: Look) -> Level:
    """The worst of its windows."""
    block = blocked(usage, now)
    if block is not None and not block.credits_left:
        return "spent"
    current = (lane.value for lane in current_windows(usage, now))
    return max((level(usage, window, now, zone, look.work_days) for window in current), key=_LOUDNESS.index)


def _keys(accounts: Sequence[AccountUsage]) -> list[str]:
    """One for each account: by its id, or by its home, which another may share the name of."""
    keys: list[str] = []
    for usage in accounts:
        key = f"{usage.provider}:{usage.account.id if usage.account else usage.homes[0]}"
        same = sum(before == key or before.startswith(f"{key}#") for before in keys)
        keys.append(f"{key}#{same + 1}" if same else key)
    return keys


def _headers(accounts: Sequence[AccountUsage], look: Look) -> list[str]:
    """One for each account, as short as tells them apart: by plan, by owner, by homes."""
    short = [_header(usage) for usage in accounts]
    emails = [fmt.plain(_email(usage, look) or "", longest=LONGEST_OWNER) for usage in accounts]
    owned = [_joined(header, email) for header, email in zip(short, emails, strict=True)]
    return [
        header
        if short.count(header) == 1
        else longer
        if owned.count(longer) == 1 and longer != header
        else _joined(header, fmt.plain(homes(usage), longest=LONGEST_OWNER))
        for header, longer, usage in zip(short, owned, accounts, strict=True)
    ]


def _header(usage: AccountUsage) -> str:
    name = fmt.plain(usage.title, longest=LONGEST_NAME)
    if usage.account is None:
        return _joined(name, fmt.plain(homes(usage), longest=LONGEST_OWNER))
    if not usage.homes:  # of another machine, whose exports name nobody
        return _joined(name, fmt.plain(usage.account.id, longest=LONGEST_NAME))
    return _joined(name, fmt.plain(fmt.plan(usage.account.plan or ""), longest=LONGEST_NAME))


def _joined(header: str, more: str) -> str:
    return header if not more or header.endswith(more) else f"{header}{fmt.DOT}{more}"


def _email(usage: AccountUsage, look: Look) -> str | None:
    email = usage.account.email if usage.account else None
    return fmt.plain(email) if email and not look.hide_email else None
