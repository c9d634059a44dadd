"""The tool `limits`: what is left of each account, from the published snapshot, or from one that is made first."""

from __future__ import annotations

import json
import os
import time

from providers.domain import rules
from providers.host.state_folder import is_trusted, state_folder
from tray.engine import published
from tray.engine.iso_time import epoch, iso
from tray.faces.mcp.children import Commands
from tray.faces.mcp.schema import FROM_LOGS, ToolFailed, nullable, objects, record

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Document = dict[str, Any]

MAX_AGE_SECONDS = 300.0
ROUND_SECONDS = 10.0
_WINDOW_OF_SHARES = "weekly"
"""What the budgets in percent are of."""
_NOT_YET = "No limits are known yet. Run `tankful usage` in a terminal to see why."
_UNTRUSTED = "tankful's folder cannot be used. Run `tankful doctor` in a terminal."

_ORIGIN: Document = {
    "source": {"type": "string", "description": "Where the value was read."},
    "age_seconds": {"type": "integer", "description": "How long ago it was read."},
    "stale": {"type": "boolean", "description": "Too old to act on, or of a window that has reset since."},
}
_WINDOW = record(
    id={"type": "string"},
    title={"type": "string"},
    scope={"type": "string", "description": "What it limits: account, model, feature or personal."},
    left_percent=nullable("number", "null once the window has reset, until it is read again."),
    used_percent=nullable("number"),
    resets_at=nullable("string", "ISO 8601, UTC."),
    resets_in_seconds=nullable("integer"),
    runs_out_at=nullable("string", "When it runs out at the present pace; null if it lasts until the reset."),
    **_ORIGIN,
)
_CREDITS = record(balance=nullable("string"), unlimited={"type": "boolean"}, **_ORIGIN)
_BLOCKED = record(
    until=nullable("string", "When the account can be used again; null if nobody knows."),
    windows={"type": "array", "items": {"type": "string"}},
    credits_left=nullable("boolean", "Whether credits are used instead."),
)
_ERROR = record(
    kind={"type": "string"},
    message={"type": "string"},
    remedy={"type": "string"},
    retry_at=nullable("string"),
)
_ACCOUNT = record(
    provider={"type": "string"},
    title={"type": "string"},
    account=nullable("string", "A short hash that names the account."),
    plan=nullable("string"),
    windows=objects(_WINDOW),
    credits={"anyOf": [_CREDITS, {"type": "null"}]},
    blocked={"anyOf": [_BLOCKED, {"type": "null"}], "description": "null if the account can be used."},
    error={"anyOf": [_ERROR, {"type": "null"}], "description": "Why there are no newer values."},
)
_BUDGET = record(
    period={"enum": ["day", "week", "month"]},
    unit={"enum": ["usd", "percent"], "description": "percent is of the weekly limit of the account."},
    limit={"type": "number"},
    used=nullable("number"),
    at_least={
        "type": "boolean",
        "description": "used is a lower bound: some use has no price, or is not counted.",
    },
    forecast=nullable("number", "The expected value at the end of the period."),
    verdict={"enum": ["ok", "will_exceed", "nearly_spent", "spent", "unknown"]},
    ends_at=nullable("string"),
    provider=nullable("string", "null for a budget in dollars, which covers all accounts."),
    account=nullable("string"),
    source=nullable("string", "Where the use was read; null if that is not known."),
    age_seconds=nullable("integer", "How long ago it was read; null if that is not known."),
    stale=nullable("boolean"),
)
DEFINITION: Document = {
    "name": "limits",
    "title": "Usage limits",
    "description": "How much is left of the 5-hour, weekly and other limits of each coding-agent account on this "
    "machine, when they reset, whether an account is blocked and until when, and the person's own budgets. Each "
    "value has its source and its age.",
    "inputSchema": {
        "type": "object",
        "properties": {
            "provider": {"type": "string", "description": "Only this provider's accounts, by its id."}
        },
        "additionalProperties": False,
    },
    "outputSchema": record(as_of={"type": "string"}, accounts=objects(_ACCOUNT), budgets=objects(_BUDGET)),
}


def call(
    arguments: Document,
    commands: Commands,
    environ: Mapping[str, str] = os.environ,
    seconds: float = ROUND_SECONDS,
) -> Document:
    """The structured answer. Raises ToolFailed, and Cancelled."""
    if not is_trusted(environ):
        raise ToolFailed(_UNTRUSTED)
    folder, provider = state_folder(environ), arguments.get("provider")
    document, now = _usable(folder, time.time()), time.time()
    if document is None:
        document, now = _made(folder, commands, seconds), time.time()
    if document is None:
        raise ToolFailed(_NOT_YET)
    try:
        return shown(document, now, provider)
    except published.DAMAGED:
        raise ToolFailed(_NOT_YET) from None


def _usable(folder: str, now: float) -> Document | None:
    """The published one, if somebody keeps it up to date, or it is recent."""
    try:
        snapshot = published.read(folder)
        if snapshot is None:
            return None
        age = now - epoch(snapshot["generated_at"])
        is_recent = published.is_kept(snapshot, now) or 0 <= age <= MAX_AGE_SECONDS
        return published.usage(snapshot, now) if is_recent else None
    except (OSError, *published.DAMAGED):
        return None


def _made(folder: str, commands: Commands, seconds: float) -> Document | None:
    """After a round, which is made as any other; else the last one that was published."""
    try:
        output = commands.run(["usage", "--json"], seconds)
        document = json.loads(output.text)
        if isinstance(document, dict) and isinstance(document.get("providers"), list):
            return document
    except (OSError, ValueError, RecursionError):
        pass
    try:
        snapshot = published.read(folder)
        return None if snapshot is None else published.usage(snapshot, time.time())
    except (OSError, *published.DAMAGED):
        return None


def shown(document: Document, now: float, provider: str | None = None) -> Document:
    """Of a document of `usage --json` what an agent needs: no address, no folder. Pure. Raises ToolFailed."""
    accounts = document["providers"]
    if provider == "all":  # as the commands have it, and so agents try
        provider = None
    if provider is not None:
        known = sorted({each["provider"] for each in accounts})
        if provider not in known:
            others = (
                f"those with accounts are {', '.join(known)}" if known else "no other account is known either"
            )
            raise ToolFailed(f"No account of that provider is known; {others}.")
        accounts = [each for each in accounts if each["provider"] == provider]
    return {
        "as_of": iso(now),
        "accounts": [_account(each, now) for each in accounts],
        "budgets": [
            _budget(budget, document["providers"], now)
            for budget in document["budgets"]
            if provider is None or budget["provider"] in (None, provider)
        ],
    }


def _account(account: Document, now: float) -> Document:
    known, credits_, error = account["account"], account["credits"], account["error"]
    return {
        "provider": account["provider"],
        "title": account["title"],
        "account": known and known["id"],
        "plan": known and known["plan"],
        "windows": [_window(each, now) for each in account["windows"]],
        "credits": credits_
        and {
            "balance": credits_["balance"],
            "unlimited": credits_["unlimited"],
            **_origin(credits_, now),
        },
        "blocked": _blocked(account["blocked"]),
        "error": error and {name: error[name] for name in ("kind", "message", "remedy", "retry_at")},
    }


def _blocked(block: Document | None) -> Document | None:
    if block is None:
        return None
    return {"until": block["until"], "windows": block["by"], "credits_left": block["credits_left"]}


def _window(window: Document, now: float) -> Document:
    is_past = published.is_past(window, now)
    ends, pace = window["resets_at"], window["pace"]
    left = rules.left_percent(window["used_percent"])
    return {
        "id": window["id"],
        "title": window["title"],
        "scope": window["scope"],
        "left_percent": None if is_past else left,
        "used_percent": None if is_past else window["used_percent"],
        "resets_at": ends,
        "resets_in_seconds": None if ends is None else max(0, round(epoch(ends) - now)),
        "runs_out_at": pace["runs_out_at"] if pace and not is_past else None,
        **_origin(window, now),
    }


def _budget(budget: Document, accounts: list[Document], now: float) -> Document:
    """With the age of what was read, which is not known of dollars: nobody notes when logs were last counted."""
    origin: Document = {"source": None, "age_seconds": None, "stale": None}
    if budget["provider"] is None:
        origin["source"] = FROM_LOGS
    else:
        for account in accounts:
            known = account["account"] and account["account"]["id"]
            if (account["provider"], known) == (budget["provider"], budget["account"]):
                lanes = [each for each in account["windows"] if each["id"] == _WINDOW_OF_SHARES]
                origin = _origin(lanes[0], now) if lanes else origin
    return {name: {**budget, **origin}[name] for name in _BUDGET["properties"]}


def _origin(lane: Document, now: float) -> Document:
    age = max(0, round(now - epoch(lane["fetched_at"])))
    return {"source": lane["source"], "age_seconds": age, "stale": lane["stale"]}
