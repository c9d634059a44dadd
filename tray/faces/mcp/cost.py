"""The tool `cost`: tokens and what they would cost, counted from the local logs by `tankful cost`."""

from __future__ import annotations

import json
import time

from tray.engine import published
from tray.engine.iso_time import epoch, iso
from tray.faces.mcp.children import Commands
from tray.faces.mcp.schema import FROM_LOGS, ToolFailed, nullable, objects, record

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Document = dict[str, Any]

COUNT_SECONDS = 50.0
"""Clients give a call a minute."""
GROUPS = ("model", "day", "week", "month", "project")
_BY_TIME = ("day", "week", "month")
_MOST_DAYS, _MOST_ROWS = 366, 100
_STILL_COUNTING = (
    "The logs take longer to count than a call may last. Ask again: the count goes on from there."
)
_MEMBERS = (
    "responses",
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "total_tokens",
    "usd",
)

_ROW = record(
    name={"type": "string"},
    usd=nullable("number", "null where no price is known."),
    total_tokens={"type": "integer"},
    responses={"type": "integer"},
)
_TOTALS = record(**{name: {"type": "integer"} for name in _MEMBERS[:-1]}, usd=nullable("number"))
_NOT_ON_LINES = record(total_tokens={"type": "integer"}, usd=nullable("number")) | {
    "description": "The part of totals that a CLI reports only for a whole session, such as compaction and web "
    "search. It is in no row."
}
_PROVIDER = record(
    provider={"type": "string"},
    totals=_TOTALS,
    not_on_lines=_NOT_ON_LINES,
    priced={"enum": ["full", "partial", "none"], "description": "partial: usd leaves out what has no price."},
    unpriced_models={"type": "array", "items": {"type": "string"}},
    month_to_date_usd=nullable("number"),
    rows=objects(_ROW),
    rows_left_out={"type": "integer"},
)
DEFINITION: Document = {
    "name": "cost",
    "title": "Tokens and cost",
    "description": "How many tokens the coding agents on this machine used in the last days, and what those would "
    "cost at API prices, in USD: an equivalent, not a bill. Counted from local logs when it is called.",
    "inputSchema": {
        "type": "object",
        "properties": {
            "days": {
                "type": "integer",
                "minimum": 1,
                "maximum": _MOST_DAYS,
                "default": 30,
                "description": "How many days, including today.",
            },
            "by": {
                "type": "string",
                "enum": list(GROUPS),
                "default": "model",
                "description": "How to group the rows.",
            },
            "provider": {"type": "string", "description": "Only this provider, by its id."},
        },
        "additionalProperties": False,
    },
    "outputSchema": record(
        as_of={"type": "string"},
        age_seconds={"type": "integer", "description": "How long ago the logs were counted."},
        source={"type": "string"},
        timezone={"type": "string", "description": "The time zone in which days begin."},
        since={"type": "string"},
        until={"type": "string", "description": "The last day that is counted."},
        by={"enum": list(GROUPS)},
        complete={"type": "boolean", "description": "false where some logs could not be counted."},
        providers=objects(_PROVIDER),
    ),
}


_NONE_BEYOND: Document = {
    "not_on_lines": {**dict.fromkeys(_MEMBERS, 0), "usd": 0.0},
    "not_on_lines_month_to_date_usd": None,
}


def call(arguments: Document, commands: Commands, seconds: float = COUNT_SECONDS) -> Document:
    """The structured answer. Raises ToolFailed, and Cancelled."""
    by, days = str(arguments.get("by", "model")), int(arguments.get("days", 30))
    command = ["cost", "--json", "--days", str(days), "--by", by]
    if (provider := arguments.get("provider")) is not None:
        command.append(f"--provider={provider}")
    try:
        output = commands.run(command, seconds)
    except OSError as error:
        raise ToolFailed(f"The logs cannot be counted: {error.strerror}.") from None
    if output.code is None:
        raise ToolFailed(_STILL_COUNTING)
    if output.code:
        raise ToolFailed(_error_text(output.messages))
    try:
        return shown(json.loads(output.text), by, time.time())
    except published.DAMAGED:
        raise ToolFailed("`tankful cost` returned an unexpected answer.") from None


def shown(document: Document, by: str, now: float) -> Document:
    """Of a document of `cost --json` what an agent needs, with the totals that people see. Pure."""
    return {
        "as_of": iso(now),
        "age_seconds": max(0, round(now - epoch(document["generated_at"]))),
        "source": FROM_LOGS,
        "timezone": document["timezone"],
        "since": document["since"],
        "until": document["until"],
        "by": by,
        "complete": document["complete"],
        "providers": [
            _provider(name, each if document["not_on_lines_shown"] else {**each, **_NONE_BEYOND}, by)
            for name, each in document["providers"].items()
        ],
    }


def _provider(name: str, report: Document, by: str) -> Document:
    """Responses are those of the logs: nobody knows of how many the rest is."""
    rows = _rows(report[f"by_{by}"], by)
    lines, beyond = report["totals"], report["not_on_lines"]
    return {
        "provider": name,
        "totals": {**_sum([lines, beyond]), "responses": lines["responses"]},
        "not_on_lines": {each: _sum([beyond])[each] for each in ("total_tokens", "usd")},
        "priced": report["priced"],
        "unpriced_models": report["unpriced_models"],
        "month_to_date_usd": _month(report),
        "rows": rows[:_MOST_ROWS],
        "rows_left_out": max(0, len(rows) - _MOST_ROWS),
    }


def _month(report: Document) -> float | None:
    """With what is on no line, too."""
    parts = (report["month_to_date_usd"], report["not_on_lines_month_to_date_usd"])
    known = [part for part in parts if part is not None]
    return round(sum(known), 6) if known else None


def _rows(groups: Document, by: str) -> list[Document]:
    """The newest first, or the most expensive."""
    sums = {
        name: _sum(list(group.values())) if by in _BY_TIME else _sum([group])
        for name, group in groups.items()
    }
    order: Callable[[str], Any] = str if by in _BY_TIME else (lambda name: (sums[name]["usd"] or 0.0, name))
    names = sorted(sums, key=order, reverse=True)
    return [
        {"name": name, **{each: sums[name][each] for each in ("usd", "total_tokens", "responses")}}
        for name in names
    ]


def _sum(tallies: list[Document]) -> Document:
    """`usd` leaves out what has no price, and is null if nothing has one."""
    total: Document = {name: sum(tally[name] for tally in tallies) for name in _MEMBERS[:-1]}
    priced = [tally["usd"] for tally in tallies if tally["usd"] is not None and tally["responses"]]
    total["usd"] = round(sum(priced), 6) if priced or not total["responses"] else None
    return total


def _error_text(messages: str) -> str:
    """What the command wrote for a person, on one line."""
    lines = (line.removeprefix("tankful: ").removeprefix("tankful cost: ") for line in messages.splitlines())
    text = " ".join(line.strip() for line in lines if line.strip() and not line.startswith("usage:"))
    return text[:500] or "The logs cannot be counted."
