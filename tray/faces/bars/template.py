"""A line in the person's own words: `{codex.session.left} % until {codex.session.resets_at}`. Pure.

A name is `PROVIDER.WINDOW.FIELD`, `PROVIDER.FIELD`, `PROVIDER.cost.SPAN` or `tightest.FIELD`. Of several accounts
of a provider it means the one with the least left. `{{` and `}}` are braces. What is not known is a dash.
"""

from __future__ import annotations

from providers.domain import rules
from tray.engine import published
from tray.engine.iso_time import epoch
from tray.faces.bars import words
from tray.faces.bars.line import glance, level, tightest_window, tightness

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tray.engine.published import Document

    Values = Callable[[str], str]
    Pieces = list[tuple[str, str | None]]
    """A text and the name behind it, None at the end."""

WINDOWS = ("session", "weekly", "monthly")
"""A provider may have others: those that it published, and such as `window:90` or `model:opus:weekly`."""
_TIGHTEST = "tightest"
_SPANS = {"today": "today_usd", "days_7": "days_7_usd", "days_30": "days_30_usd", "month": "month_usd"}
_VERDICTS = {"reserve": "in reserve", "on_pace": "on pace", "deficit": "over pace"}


class TemplateError(ValueError):
    """str() says what is wrong with a template."""


def pieces(template: str) -> Pieces:
    """Raises TemplateError for braces that do not match."""
    found: Pieces = []
    text, rest = "", template
    while rest:
        if rest[:2] in ("{{", "}}"):
            text, rest = text + rest[0], rest[2:]
        elif rest[0] == "{":
            name, brace, rest = rest[1:].partition("}")
            if not brace:
                raise TemplateError(
                    f"`{{{name}` has no closing brace; a brace itself is written {{{{ or }}}}"
                )
            found.append((text, name.strip()))
            text = ""
        elif rest[0] == "}":
            raise TemplateError("a `}` has no opening brace; a brace itself is written {{ or }}")
        else:
            text, rest = text + rest[0], rest[1:]
    return [*found, (text, None)]


def unknown(found: Pieces, providers: Iterable[str], others: Iterable[str] = ()) -> str | None:
    """The first name that cannot be any, of these providers and beside these `others`."""
    providers, others = tuple(providers), tuple(others)
    return next(
        (name for _, name in found if name not in (None, *others) and not _is_one(name, providers)), None
    )


def check(
    template: str, providers: Iterable[str], windows: Iterable[str] = (), others: Iterable[str] = ()
) -> None:
    """Raises TemplateError with all the names there are; `windows` as those of `published_windows`."""
    providers, others = tuple(providers), tuple(others)
    if (name := unknown(pieces(template), providers, others)) is not None:
        listed = ", ".join((*others, *names(providers, windows)))
        raise TemplateError(f"unknown name {{{words.plain(name)}}}; the names are {listed}")


def names(providers: Iterable[str], windows: Iterable[str] = ()) -> Iterator[str]:
    """All that can be listed; `windows` are further ones, with their providers."""
    yield from (f"{_TIGHTEST}.{field}" for field in (*_FIELDS, *_TIGHTEST_FIELDS))
    for provider in providers:
        own = dict.fromkeys((*(f"{provider}.{window}" for window in WINDOWS), *windows))
        yield from (
            f"{window}.{field}" for window in own if window.startswith(f"{provider}.") for field in _FIELDS
        )
        yield from (f"{provider}.{field}" for field in _ACCOUNT_FIELDS)
        yield from (f"{provider}.cost.{span}" for span in _SPANS)


def published_windows(snapshot: Document) -> list[str]:
    return [
        f"{account['provider']}.{window['id']}"
        for account in snapshot["providers"]
        for window in account["windows"]
    ]


def fill(found: Pieces, value_of: Values, escape: Callable[[str], str] = str) -> str:
    """On one line; the person's own text may hold colours of a terminal. `escape` is what the data need; a space
    separates two pieces that would together mean what neither means alone.
    """
    made, is_data = "", False
    for text, name in found:
        made = _joined(made, text, escape) if is_data else made + text
        is_data = name is not None
        if name is not None:
            made = _joined(made, escape(words.plain(value_of(name))), escape)
    return made.replace("\r", " ").replace("\n", " ")


def values(snapshot: Document, provider: str, now: float) -> Values:
    """What a name means in a snapshot of `published.as_of`; of this provider, or of "all"."""
    accounts = glance([each for each in snapshot["providers"] if provider in ("all", each["provider"])], now)
    by_provider = {account["provider"]: account for account in accounts}

    def value(name: str) -> str:
        ident, _, rest = name.partition(".")
        found = None
        if ident == _TIGHTEST and accounts:
            found = _of_tightest(min(accounts, key=lambda account: tightness(account, now)), rest, now)
        elif ident in by_provider:
            found = _of_account(by_provider[ident], rest, now)
        return words.UNKNOWN if found is None else str(found)

    return value


def _is_one(name: str | None, providers: tuple[str, ...]) -> bool:
    ident, _, rest = (name or "").partition(".")
    if ident == _TIGHTEST:
        return rest in _FIELDS or rest in _TIGHTEST_FIELDS
    if ident not in providers:
        return False
    if rest in _ACCOUNT_FIELDS or rest.removeprefix("cost.") in _SPANS:
        return rest in _ACCOUNT_FIELDS or rest.startswith("cost.")
    window, _, field = rest.rpartition(".")
    return field in _FIELDS and (window in (*WINDOWS, "individual") or ":" in window)


def _joined(made: str, text: str, escape: Callable[[str], str]) -> str:
    if not made or not text:
        return made + text
    last, first = made[-1], text[0]
    return made + text if escape(last + first) == escape(last) + escape(first) else f"{made} {text}"


def _of_tightest(account: Document, field: str, now: float) -> str | None:
    if field in _TIGHTEST_FIELDS:
        return _TIGHTEST_FIELDS[field](account, now)
    window = tightest_window(account, now)
    return None if window is None else _FIELDS[field](window, now)


def _of_account(account: Document, rest: str, now: float) -> str | None:
    if rest in _ACCOUNT_FIELDS:
        return _ACCOUNT_FIELDS[rest](account, now)
    ident, _, field = rest.rpartition(".")
    if ident == "cost":
        return _cost(account["cost"] or {}, field)
    window = next((each for each in account["windows"] if each["id"] == ident), None)
    return None if window is None else _FIELDS[field](window, now)


def _cost(cost: Document, span: str) -> str | None:
    usd = cost.get(_SPANS[span])
    if usd is None:
        return None
    is_whole = cost["complete"] and cost["priced"] != "partial"
    return words.money(usd) if is_whole else words.at_least(usd)


def _left(window: Document, now: float) -> str | None:
    if published.is_past(window, now):
        return None
    return str(words.whole(rules.left_percent(window["used_percent"])))


def _used(window: Document, now: float) -> str | None:
    left = _left(window, now)
    return None if left is None else str(100 - int(left))


def _resets_in(window: Document, now: float) -> str | None:
    at = window["resets_at"]
    if at is None or published.is_past(window, now):
        return None
    return words.countdown(epoch(at) - now)


def _resets_at(window: Document, now: float) -> str | None:
    at = window["resets_at"]
    if at is None or published.is_past(window, now):
        return None
    return words.clock(epoch(at), now)


def _pace(window: Document, now: float) -> str | None:
    pace = window["pace"]
    if not pace:
        return None
    runs_out = pace["runs_out_at"]
    if pace["verdict"] == "runs_out" and runs_out:
        return f"runs out {words.clock(epoch(runs_out), now)}"
    return _VERDICTS.get(pace["verdict"])


def _credits(account: Document, _now: float) -> str | None:
    bought = account["credits"]
    if not bought:
        return None
    if bought["unlimited"]:
        return "unlimited"
    if bought["balance"] is None:
        return None
    from decimal import Decimal  # few lines show credits

    return words.balance(Decimal(bought["balance"]))


def _plan(account: Document, _now: float) -> str | None:
    known = account["account"]
    plan: str | None = known["plan"] if known else None
    return plan


def _blocked_until(account: Document, now: float) -> str | None:
    until = account["blocked"] and account["blocked"]["until"]
    return until and words.clock(epoch(until), now)


def _updated(account: Document, now: float) -> str | None:
    """How old its oldest value is; not known of one that was read by a clock that has been set back since."""
    read = [epoch(window["fetched_at"]) for window in published.own_windows(account)]
    if not read or max(read) > now + rules.CLOCK_SLACK_SECONDS:
        return None
    return words.span(now - min(read))


def _window(account: Document, now: float) -> str | None:
    window = tightest_window(account, now)
    return None if window is None else words.name(window["title"])


_FIELDS: Mapping[str, Callable[[Document, float], str | None]] = {
    "left": _left,
    "used": _used,
    "resets_in": _resets_in,
    "resets_at": _resets_at,
    "pace": _pace,
}
_ACCOUNT_FIELDS: Mapping[str, Callable[[Document, float], str | None]] = {
    "credits": _credits,
    "plan": _plan,
    "blocked_until": _blocked_until,
    "updated": _updated,
}
_TIGHTEST_FIELDS: Mapping[str, Callable[[Document, float], str | None]] = {
    "provider": lambda account, _now: words.name(account["title"]),
    "window": _window,
    "class": lambda account, _now: level(account),
    **_ACCOUNT_FIELDS,
}
