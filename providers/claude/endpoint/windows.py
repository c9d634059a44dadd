"""The windows in a response of the usage endpoint, from both of its forms. Pure.

Facts (2.1.329-2.1.332 and public threads): `limits[]` is the newer form and leads, value by value: an entry
without a reset has that of the older, flat member beside it. A null or missing member is a limit that this
account does not have. Flat members come and go under code names, some with a budget in dollars
(`limit_dollars`); live responses also hold an empty one, `nimbus_quill`, of 0 percent and otherwise nulls, and
`seven_day_breakdown`, whose rows state in `percent` what a limit was used for. Claude Code calls
`seven_day_overage_included` the limit of Fable. Each part is parsed separately: a malformed one is dropped and
named, its siblings stay; a limit that is nested deeper, in a list or another object, is named as dropped too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from providers.claude import limits
from providers.claude.limits import Kind
from providers.domain.limits import RateWindow
from providers.domain.scalars import moment, percent

_KNOWN = {
    "session": limits.SESSION,
    "weekly_all": limits.WEEKLY,
    "five_hour": limits.SESSION,
    "seven_day": limits.WEEKLY,
    "seven_day_opus": limits.model("Opus"),
    "seven_day_sonnet": limits.model("Sonnet"),
    "seven_day_overage_included": limits.model("Fable"),
    "seven_day_oauth_apps": limits.OAUTH_APPS,
    "seven_day_omelette": limits.surface("Design"),
    "seven_day_cowork": limits.surface("Cowork"),
}
_SCOPES = {"model": limits.model, "surface": limits.surface}
_NO_WINDOWS = frozenset({"limits", "extra_usage", "spend"})
_SHARE = "utilization"
_DOLLARS = ("limit_dollars", "used_dollars", "remaining_dollars")
_DEEPEST = 4


class Found(Struct, frozen=True, kw_only=True):
    """The windows of a response. `complete` if it reports all there are; `lost` if some were sent that could
    not be parsed or named; `dropped` names those, and whatever else was dropped.
    """

    windows: tuple[RateWindow, ...]
    complete: bool
    lost: bool
    dropped: tuple[str, ...]


class _Entry(Struct, frozen=True):
    kind: Kind
    used: float | None
    resets_at: datetime | None


def find(raw: Mapping[str, Any], now: datetime, shows: Callable[[str], bool]) -> Found:
    """`shows` says whether a name from the server may be shown: one that echoes our token must not be."""
    reader = _Reader(now, shows)
    listed = reader.listed(raw.get("limits"))
    flat = reader.flat(raw)
    windows = {
        window.id: window
        for entry in _together(flat, listed)
        if (window := entry.kind.window(entry.used, entry.resets_at, now)) is not None
    }
    reported = isinstance(raw.get("limits"), list) or any(name in raw for name in _KNOWN)
    return Found(
        windows=limits.in_order(windows.values()),
        complete=reported and not reader.malformed,
        lost=bool(reader.malformed or reader.unknown),
        dropped=(*reader.malformed, *reader.unknown, *reader.minor),
    )


class _Reader:
    """Reads entries, and keeps the names of what it drops: `malformed` ones may be limits that are known from
    before, `unknown` ones are not, and `minor` ones are no windows.
    """

    def __init__(self, now: datetime, shows: Callable[[str], bool]) -> None:
        self._now = now
        self._shows = shows
        self.malformed: list[str] = []
        self.unknown: list[str] = []
        self.minor: list[str] = []

    def listed(self, raw: Any) -> list[_Entry]:
        if not isinstance(raw, list):
            if raw is not None:
                self.malformed.append("limits")
            return []
        return _one_of_each(self._listed(f"limits.{place}", sent) for place, sent in enumerate(raw))

    def flat(self, raw: Mapping[str, Any]) -> list[_Entry]:
        return _one_of_each(self._flat(name, sent) for name, sent in raw.items() if name not in _NO_WINDOWS)

    def _listed(self, place: str, sent: Any) -> _Entry | None:
        if not isinstance(sent, dict) or not isinstance(sent.get("kind"), str):
            self.malformed.append(place)
            return None
        kind = self._kind(sent["kind"], sent.get("scope"))
        if kind is None:
            self.unknown.append(place)
            return None
        return self._entry(
            place, kind, _share(sent, "percent", _SHARE), sent.get("resets_at"), self.malformed
        )

    def _kind(self, name: str, scope: Any) -> Kind | None:
        """None for a kind that limits a part of the account without a name to show."""
        if name in _KNOWN:
            return _KNOWN[name]
        for what, kind_of in _SCOPES.items():
            part = scope.get(what) if isinstance(scope, dict) else None
            shown_as = part.get("display_name") if isinstance(part, dict) else None
            if isinstance(shown_as, str) and self._may_show(shown_as):
                return kind_of(shown_as, limits.length_of(name))
        return limits.named(name) if not name.endswith("_scoped") and self._may_show(name) else None

    def _flat(self, name: str, sent: Any) -> _Entry | None:
        known = _KNOWN.get(name)
        if known is not None:
            if isinstance(sent, dict):
                used = _share(sent, _SHARE, "percent")
                return self._entry(name, known, used, sent.get("resets_at"), self.malformed)
            if sent is not None:
                self.malformed.append(name)
        elif _states_limit(sent):
            return self._of_unknown(name, sent)
        return None

    def _of_unknown(self, name: str, sent: Any) -> _Entry | None:
        """A member with a limit in it: shown under its name where that may be shown and the limit is its own."""
        if not self._may_show(name):
            self.unknown.append("a member without a name to show")
        elif not isinstance(sent, dict) or sent.get(_SHARE) is None:
            self.unknown.append(name)
        elif not any(sent.values()):
            self.minor.append(name)
        else:
            return self._entry(name, limits.named(name), sent[_SHARE], sent.get("resets_at"), self.unknown)
        return None

    def _entry(self, place: str, kind: Kind, used: Any, resets_at: Any, dropped: list[str]) -> _Entry | None:
        share, at = percent(used), moment(resets_at)
        if used is not None and share is None:
            dropped.append(place)
            return None
        if at is not None and not kind.can_reset(at, self._now):
            at = None
        if resets_at is not None and at is None:
            self.minor.append(f"{place}.resets_at")
        return _Entry(kind, share, at)

    def _may_show(self, name: str) -> bool:
        return limits.is_name(name) and self._shows(name)


def _share(sent: Mapping[str, Any], *names: str) -> Any:
    """The share used, as sent; each form has its own name for it, and may one day use the other's."""
    return next((sent[name] for name in names if sent.get(name) is not None), None)


def _states_limit(raw: Any, depth: int = _DEEPEST) -> bool:
    """Whether there is a limit in it somewhere: a share, or a budget."""
    if depth == 0:
        return False
    if isinstance(raw, list):
        return any(_states_limit(each, depth - 1) for each in raw)
    if not isinstance(raw, dict):
        return False
    if raw.get(_SHARE) is not None or any(raw.get(name) is not None for name in _DOLLARS):
        return True
    return any(_states_limit(inner, depth - 1) for inner in raw.values())


def _one_of_each(entries: Iterable[_Entry | None]) -> list[_Entry]:
    """Of two with the same name the one with less left: it is the one that blocks."""
    tightest: dict[str, _Entry] = {}
    for entry in entries:
        if entry is None:
            continue
        held = tightest.setdefault(entry.kind.id, entry)
        if entry.used is not None and (held.used is None or held.used < entry.used):
            tightest[entry.kind.id] = entry
    return list(tightest.values())


def _together(flat: Iterable[_Entry], listed: list[_Entry]) -> list[_Entry]:
    """Each limit once: what its entry in the list lacks is taken from its flat member."""
    merged = {entry.kind.id: entry for entry in listed}
    rest: list[_Entry] = []
    for older in flat:
        same = [ident for ident in merged if limits.is_same(ident, older.kind.id)]
        if not same:
            rest.append(older)
        elif len(same) == 1:
            entry = merged[same[0]]
            merged[same[0]] = replace(
                entry,
                used=older.used if entry.used is None else entry.used,
                resets_at=entry.resets_at or older.resets_at,
            )
    return [*rest, *merged.values()]
