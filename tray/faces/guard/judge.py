"""(snapshot, time) → whether to go on. Pure."""

from __future__ import annotations

from providers.domain import rules
from tray.engine import published
from tray.engine.iso_time import epoch
from tray.engine.published_settings import work_days
from tray.faces.bars import words
from tray.faces.guard.verdict import Verdict

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tray.engine.published import Document
    from tray.faces.guard.options import GuardOptions

    # Of a provider's id: the homes that count, as the snapshot names them; None for all.
    Homes = Callable[[str], "tuple[str, ...] | None"]

_LONGEST_ERROR = 200
_NAMES = {"session": "5h", "weekly": "weekly"}


def judge(
    snapshot: Document | None,
    now: float,
    options: GuardOptions,
    *,
    homes: Homes = lambda _provider: None,
    model: str = "",
) -> Verdict:
    """Of all accounts that count the worst: one that is signed out is left out beside others, and beside budgets,
    as that of an API key, which has no limits.
    """
    if snapshot is None:
        return Verdict("unknown", "not_read", "No limits are known yet.")
    provider = options.hook or options.provider
    chosen = [each for each in snapshot["providers"] if _counts(each, provider, homes)]
    kept = published.is_kept(snapshot, now)
    accounts = [_as_of(account, snapshot, now, kept=kept) for account in chosen]
    signed_in = [each for each in accounts if each["account"] or each["windows"]]
    accounts = signed_in if signed_in or options.budget else accounts
    verdicts = [
        verdict
        for account in accounts
        for verdict in _judge_account(account, now, options, _allowed_age(account, options, kept=kept), model)
    ]
    if options.budget:
        from tray.faces.guard.budgets import verdicts_on_budgets

        age = now - epoch(snapshot["generated_at"])
        verdicts += verdicts_on_budgets(snapshot, now, accounts, stale=not kept and age > options.max_age)
    if not verdicts:
        return Verdict("unknown", "no_account", "No limits are known here yet.")
    return _combined(verdicts, is_hook=bool(options.hook))


def _combined(verdicts: list[Verdict], *, is_hook: bool) -> Verdict:
    """The worst, with what else is not known. What is not known hides no warning: a hook, which acts on what is
    certain, gives that, and elsewhere the sentence has both.
    """
    certain = [each for each in verdicts if each.is_certain and each.level in ("stop", "warn")]
    worst = min((is_hook and certain) or verdicts, key=lambda each: each.rank)
    worst.not_known = tuple(each.reason for each in verdicts if each.level == "unknown")
    if worst.level == "unknown" and certain:
        worst.text += f" {min(certain, key=lambda each: each.rank).text}"
    return worst


def damaged() -> Verdict:
    return Verdict("unknown", "not_read", "The snapshot is damaged.")


def _as_of(account: Document, snapshot: Document, now: float, *, kept: bool) -> Document:
    account = account if kept else {**account, "refresh_seconds": rules.REFRESH_SECONDS}
    return published.account_as_of(account, now, work_days(snapshot))


def _counts(account: Document, provider: str, homes: Homes) -> bool:
    if provider not in ("all", account["provider"]):
        return False
    chosen = homes(account["provider"])
    return chosen is None or not set(chosen).isdisjoint(account["homes"])


def _allowed_age(account: Document, options: GuardOptions, *, kept: bool) -> float:
    """Seconds. Where somebody keeps the values up to date they are as old as their refreshes let them be."""
    if not kept:
        return options.max_age
    every: float = account["refresh_seconds"]
    return max(options.max_age, rules.FRESH_SECONDS, 2 * every)


def _judge_account(
    account: Document, now: float, options: GuardOptions, allowed: float, model: str
) -> Iterator[Verdict]:
    """Beside a block that was read too long ago, what newer readings say of the other windows."""
    name = words.name(account["title"])
    about = {"provider": account["provider"], "account": account["account"] and account["account"]["id"]}
    own = _of_model(account, model)
    windows = own or [window for window in account["windows"] if window["scope"] in rules.ALL_USE_SCOPES]
    usable = [each for each in windows if _is_usable(each, now, allowed)]
    carries_on = not options.no_credits and published.credits_left(account) is True
    block = account["blocked"]
    is_blocked = bool(block) and not own and not carries_on
    if is_blocked:
        by = [each for each in windows if each["id"] in block["by"]]
        stale = block["reason"] == "spent" and not any(each in usable for each in by)
        yield _blocked(name, block, by, now, {**about, "stale": stale})
        if not stale:
            return
    chosen = [each for each in usable if _is_asked_for(each, options)]
    if chosen:
        window = min(chosen, key=lambda each: rules.left_percent(each["used_percent"]))
        yield _of_window(name, window, options, now, about, carries_on=carries_on)
    elif not is_blocked:
        yield Verdict("unknown", *_why_unknown(name, account, windows, options, now), **about)


def _of_model(account: Document, model: str) -> list[Document]:
    """The windows of a model that has its own instead of the account's: their titles begin with its name."""
    if not model:
        return []
    own = [window for window in account["windows"] if window["scope"] == "model"]
    return [each for each in own if f"{each['title']} ".lower().startswith(f"{model} ".lower())]


def _is_usable(window: Document, now: float, allowed: float) -> bool:
    age = now - epoch(window["fetched_at"])
    return -rules.CLOCK_SLACK_SECONDS <= age <= allowed and not published.is_past(window, now)


def _is_asked_for(window: Document, options: GuardOptions) -> bool:
    """A model's own windows are of the same kinds: `model:<id>:weekly`."""
    return options.window in ("any", window["id"].rpartition(":")[2])


def _blocked(name: str, block: Document, by: list[Document], now: float, about: Document) -> Verdict:
    until = epoch(block["until"]) if block["until"] else None
    if block["reason"] == "spent" and by:
        text = f"{name} is blocked: {_name(by[-1])} is used up."
    else:
        text = f"{name} is blocked: its server refuses requests."
    left = 0.0 if block["reason"] == "spent" else None
    text += _usable_again(until, now)
    return Verdict("stop", block["reason"], text, **about, window=block["window"], left=left, until=until)


def _of_window(
    name: str, window: Document, options: GuardOptions, now: float, about: Document, *, carries_on: bool
) -> Verdict:
    left = rules.left_percent(window["used_percent"])
    until = epoch(window["resets_at"]) if window["resets_at"] else None
    about = {**about, "window": window["id"], "left": left, "until": until}
    text = f"{name} has {words.percent(left)} of {_name(window)} left"
    if left < options.min_left and not carries_on:
        text += f", less than {options.min_left:g} %.{_resets(until, now)}"
        return Verdict("stop", "low", text, **about)
    text += f".{_resets(until, now)}"
    if left >= max(options.warn_left, options.min_left):
        return Verdict("go_on", "enough", text, **about)
    if carries_on and left:
        text += " Credits take over once it is used up."
    elif carries_on:
        text += " Credits are being used." if until is None else " Credits are used until then."
    return Verdict("warn", "low", text, **about)


def _why_unknown(
    name: str, account: Document, windows: list[Document], options: GuardOptions, now: float
) -> tuple[str, str]:
    error = account["error"]
    if error:
        return (
            "not_read",
            f"The limits of {name} are not known. {words.plain(error['message'][:_LONGEST_ERROR])}",
        )
    if options.window != "any" and not any(_is_asked_for(each, options) for each in windows):
        return "no_such_window", f"{name} has no {_NAMES[options.window]} limit at the moment."
    if windows and all(published.is_past(each, now) for each in windows):
        return "reset", f"The limits of {name} were reset; what is left of them is not known yet."
    if windows:
        return "stale", f"The limits of {name} were read too long ago."
    return "not_read", f"The limits of {name} are not known yet."


def _name(window: Document) -> str:
    title = words.name(window["title"])
    return f"the {title.lower()} limit" if window["scope"] == "account" else title


def _resets(until: float | None, now: float) -> str:
    return "" if until is None else f" It resets {words.at(until, now)}."


def _usable_again(until: float | None, now: float) -> str:
    return "" if until is None else f" It is usable again {words.at(until, now)}."
