"""What an account's rows show beside its windows: what blocks it, early resets, credits and spend. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo

from providers.domain.blocked import Block, blocked
from providers.domain.limits import AccountUsage, Credits, EarlyReset, ResetCredits, Spend
from providers.domain.saved_cookie import COOKIE_SOURCE
from tray.engine.state import EARLY_RESET_NEWS
from tray.view import format as fmt

LOGIN_WARNING = timedelta(days=7)


def blocking(usage: AccountUsage, now: datetime, zone: tzinfo) -> str | None:
    """A sentence on what blocks the account."""
    block = blocked(usage, now)
    return None if block is None else _block(block, now, zone)


def early(usage: AccountUsage, now: datetime, zone: tzinfo) -> Iterator[tuple[str, str]]:
    """A sentence on each early reset, with a key."""
    titles = {lane.value.id: fmt.plain(lane.value.title) for lane in usage.windows}
    for reset in recent(usage, now):
        if reset.window in titles:
            yield f"early:{reset.window}", _early(titles[reset.window], reset, now, zone)


def beside_windows(usage: AccountUsage, now: datetime, zone: tzinfo) -> Iterator[tuple[str, str]]:
    """Key and text of what else the account has: spend is money that is billed."""
    if usage.credits is not None:
        yield "credits", _credits(usage.credits.value) + _by_cookie(usage, usage.credits.source)
    if usage.resets is not None and usage.resets.value.available:
        yield "resets", _resets(usage.resets.value, now, zone)
    if usage.spend is not None:
        yield "spend", _spend(usage.spend.value, now, zone)


def login_ending(usage: AccountUsage, now: datetime, zone: tzinfo) -> str | None:
    """A warning, a week ahead, of a login that its program cannot renew any more."""
    ends = usage.login_ends_at
    if ends is None or not now < ends <= now + LOGIN_WARNING:
        return None
    return f"This login expires {fmt.on_or_at(ends, now, zone)}; sign in again before then."


def recent(usage: AccountUsage, now: datetime) -> tuple[EarlyReset, ...]:
    """The recent early resets."""
    return tuple(reset for reset in usage.early_resets if now - reset.at < EARLY_RESET_NEWS)


def blocked_by(block: Block) -> str:
    """In a few words, for the tooltip."""
    names = " and ".join(fmt.plain(lane.value.title) for lane in block.by)
    return f"blocked by {names}" if names else "blocked"


def _block(block: Block, now: datetime, zone: tzinfo) -> str:
    sentence = f"B{blocked_by(block)[1:]}"
    if not block.by:
        sentence += ": the server is refusing requests for now"
    elif block.until is not None:
        sentence += f" until {fmt.soon(block.until, now, zone)}"
    return f"{sentence}{'; credits are used instead' if block.credits_left else ''}."


def _early(title: str, reset: EarlyReset, now: datetime, zone: tzinfo) -> str:
    at = fmt.on_or_at(reset.at, now, zone)
    if reset.refilled:
        return f"{title} was reset early {at}."
    return f"The {title} reset time changed {at}."


def _by_cookie(usage: AccountUsage, source: str) -> str:
    """Credits by the cookie of a web app are shown only where nothing else reports them, and say so."""
    return f" ({fmt.plain(usage.source_titles.get(source, source))})" if source == COOKIE_SOURCE else ""


def _credits(bought: Credits) -> str:
    if bought.unlimited:
        return "Unlimited credits"
    return "Credits available" if bought.balance is None else f"{fmt.balance(bought.balance)} credits left"


def _spend(spend: Spend, now: datetime, zone: tzinfo) -> str:
    text = f"Billed extra usage: {fmt.amount(spend.used, spend.currency)}"
    if spend.limit is not None:
        text += f" of {fmt.amount(spend.limit, spend.currency)}"
    if spend.resets_at is not None and spend.resets_at > now:
        text += f"{fmt.DOT}{fmt.resets(spend.resets_at, now, zone)}"
    return text


def _resets(resets: ResetCredits, now: datetime, zone: tzinfo) -> str:
    text = f"{resets.available} {'reset' if resets.available == 1 else 'resets'} in hand"
    if resets.expires_at is not None and resets.expires_at > now:
        which = "next expires" if resets.available > 1 else "expires"
        text += f"{fmt.DOT}{which} {fmt.soon(resets.expires_at, now, zone)}"
    return text
