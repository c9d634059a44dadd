"""The public status page of a vendor, as Atlassian Statuspage and incident.io serve it: `/api/v2/summary.json`.

    {"page": {…}, "status": {"indicator": "minor", "description": "Partially Degraded Service"},
     "components": [{"name": "Claude Code", "status": "degraded_performance", "group": false}, …],
     "incidents": [{"name": "Elevated errors", "status": "investigating", "impact": "minor",
                    "updated_at": "2026-11-20T11:58:00.000Z", "components": [{"name": "Claude Code", …}]}, …],
     "scheduled_maintenances": [{"name": …, "status": "in_progress", "impact": "maintenance", …}]}

Any of it may be missing or of another type. incident.io leaves the components out of its incidents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from providers.domain import scalars
from providers.domain.errors import NotUnderstood
from providers.domain.incident import Impact, Incident
from providers.host.http.refusal import refusal
from providers.host.http.transport import Answer
from providers.version import user_agent

SUMMARY = "/api/v2/summary.json"
SECONDS = 10.0
LARGEST = 1 << 20
_LONGEST_TITLE = 120
_MOST_ENTRIES = 500
_OVER = ("resolved", "postmortem", "completed", "scheduled")
_RANK: dict[Impact, int] = {"maintenance": 0, "minor": 1, "major": 2, "critical": 3}
_OF_COMPONENT: dict[str, Impact] = {
    "under_maintenance": "maintenance",
    "degraded_performance": "minor",
    "partial_outage": "major",
    "major_outage": "critical",
}


class PublicWeb(Protocol):
    def download(self, url: str, *, seconds: float, limit: int, headers: Mapping[str, str]) -> Answer:
        """Raises ProviderError."""


class PageReading(Struct, frozen=True):
    """What a page reported at `at`, None if nothing, and the tag by which it says that this is still so."""

    at: datetime
    incident: Incident | None = None
    etag: str | None = None


def fetch(
    web: PublicWeb, page: str, components: tuple[str, ...], last: PageReading | None, now: datetime
) -> PageReading:
    """What the page at this address reports of these components. Raises ProviderError."""
    headers = {"Accept": "application/json", "User-Agent": user_agent()}
    if last is not None and last.etag:
        headers["If-None-Match"] = last.etag
    answer = web.download(page.rstrip("/") + SUMMARY, seconds=SECONDS, limit=LARGEST, headers=headers)
    if answer.status == 304 and last is not None:
        return PageReading(now, last.incident, last.etag)
    if answer.status != 200:
        raise refusal(answer, "the status page", now, of="its summary")
    try:
        summary = msgspec.json.decode(answer.body)
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
        raise NotUnderstood("The status page did not send JSON.") from None
    return PageReading(now, reported(summary, components), _tag(answer.headers.get("etag")))


def reported(summary: Any, components: tuple[str, ...]) -> Incident | None:
    """The worst that a page reports of these components, words of whose names are given; of the whole page where
    none are given, or where it has none of them. Pure.
    """
    if not isinstance(summary, dict):
        return None
    parts = [part for part in _objects(summary.get("components")) if part.get("group") is not True]
    watched = [part for part in parts if _is_about(part.get("name"), components)]
    failing = [part for part in watched if _word(part, "status") in _OF_COMPONENT]
    everything = not components or not watched
    found = [
        incident
        for entry in _open(summary)
        if (everything or _concerns(entry, components, failing=bool(failing)))
        and (incident := _incident(entry)) is not None
    ]
    if not found:
        found = [_of_component(part) for part in failing] or (_of_page(summary) if everything else [])
    return max(found, key=lambda each: _RANK[each.impact], default=None)


def _open(summary: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The incidents that are not over, and the maintenance in progress."""
    for member in ("incidents", "scheduled_maintenances"):
        for entry in _objects(summary.get(member)):
            if _word(entry, "status") not in _OVER:
                yield entry


def _concerns(entry: dict[str, Any], components: tuple[str, ...], *, failing: bool) -> bool:
    """By the components that it names; where it names none, by its title, or where one of them fails now."""
    named = [part.get("name") for part in _objects(entry.get("components"))]
    if named:
        return any(_is_about(name, components) for name in named)
    return failing or _is_about(entry.get("name"), components)


def _is_about(name: object, words: Iterable[str]) -> bool:
    """Whether one of the words stands in the name as whole words: `CLI` does not stand in `Client`."""
    return isinstance(name, str) and any(
        re.search(rf"(?<!\w){re.escape(word)}(?!\w)", name[:1000], re.IGNORECASE) for word in words
    )


def _incident(entry: dict[str, Any]) -> Incident | None:
    """None for one that affects nobody, or has no title."""
    title, impact = _title(entry.get("name")), _word(entry, "impact")
    if not title or impact == "none":
        return None
    known: Impact = next((each for each in _RANK if each == impact), "minor")
    return Incident(title=title, impact=known, updated_at=scalars.moment(entry.get("updated_at")))


def _of_component(part: dict[str, Any]) -> Incident:
    status = _word(part, "status")
    title = _title(f"{part['name']}: {status.replace('_', ' ')}")
    return Incident(
        title=title, impact=_OF_COMPONENT[status], updated_at=scalars.moment(part.get("updated_at"))
    )


def _of_page(summary: dict[str, Any]) -> list[Incident]:
    """The page's indicator, where it lists nothing."""
    status = summary.get("status")
    if not isinstance(status, dict):
        return []
    title = _title(status.get("description")) or "Service disruption"
    return [Incident(title=title, impact=each) for each in _RANK if each == _word(status, "indicator")]


def _word(entry: dict[str, Any], member: str) -> str:
    value = entry.get(member)
    return value if isinstance(value, str) else ""


def _title(raw: object) -> str:
    """One line without control or bidi characters, of bounded length."""
    if not isinstance(raw, str):
        return ""
    plain = "".join(sign if sign.isprintable() else " " for sign in raw[: 10 * _LONGEST_TITLE])
    line = " ".join(plain.split())
    return line if len(line) <= _LONGEST_TITLE else line[: _LONGEST_TITLE - 1].rstrip() + "…"


def _objects(raw: object) -> list[dict[str, Any]]:
    return [each for each in raw[:_MOST_ENTRIES] if isinstance(each, dict)] if isinstance(raw, list) else []


def _tag(etag: str | None) -> str | None:
    """One that can be sent back."""
    return etag if etag and len(etag) <= 200 and etag.isascii() and etag.isprintable() else None
