"""Parses the common parts of answers about limits: a malformed one is dropped and named, its siblings stay.

ChatGPT's endpoint, app-server and the rollouts report the same about an account, each in its own outer form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from providers.codex import balance, limits, shapes
from providers.domain.errors import NotUnderstood
from providers.domain.limits import Credits, RateWindow, ResetCredits

_SLOTS = (("primary_window", "primary"), ("secondary_window", "secondary"))
_SLOT_NAMES = frozenset(name for slot in _SLOTS for name in slot)
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Slots(Struct, frozen=True):
    """The windows of one limit. `whole` is whether both slots were sent, and the length of each window."""

    windows: tuple[RateWindow, ...]
    whole: bool


class Parts:
    """One answer being parsed: each method takes one part and records what it had to drop.

    `now` is when it was sent. `shows` says whether a name from the server may be shown: one that echoes our
    token must not be.
    """

    def __init__(self, now: datetime, shows: Callable[[str], bool] = lambda _: True) -> None:
        self.now = now
        self._shows = shows
        self._dropped: dict[str, None] = {}
        self.complete = True
        self._lost_windows = False

    @property
    def dropped(self) -> tuple[str, ...]:
        return tuple(self._dropped)

    def drop(self, name: str) -> None:
        """The answer is not `complete` then: what is missing from it may still be there."""
        self.complete = False
        self._dropped[name] = None

    def lose(self, name: str) -> None:
        """Drop what was a window, or several."""
        self._lost_windows = True
        self.drop(name)

    def require_windows(self, windows: list[RateWindow]) -> None:
        """Raises NotUnderstood where there were windows, and none could be read: another source may do better."""
        if self._lost_windows and not windows:
            raise NotUnderstood("ChatGPT reported your limits in an unknown format.")

    def slots(self, name: str, raw: Any) -> Slots | None:
        """The windows of `primary` and `secondary`; None where both are missing from the answer.

        A business plan has `null`: no windows, which is not the same as missing.
        """
        if raw is None:
            return Slots((), whole=True)
        if isinstance(raw, UnsetType):
            return None
        sent = shapes.members(raw)
        if sent is None:
            self.lose(name)
            return None
        keys = [key for slot in _SLOTS if (key := next((key for key in slot if key in sent), None))]
        found = [self.window(f"{name}.{key}", sent[key]) for key in keys if sent[key] is not None]
        windows = tuple(window for window in found if window is not None)
        if not windows and not keys:
            return None
        return Slots(windows, len(keys) == len(_SLOTS) and all(window.duration for window in windows))

    def window(self, name: str, raw: Any) -> RateWindow | None:
        made = shapes.window(raw, self.now)
        if made is None:
            self.lose(name)
        elif made.resets_at is None and shapes.states_reset(shapes.members(raw) or {}):
            self._dropped[f"{name}.reset"] = None  # the window is there all the same
        return made

    def cap(self, name: str, raw: Any) -> RateWindow | None:
        """A personal spend cap; None also for one without a limit."""
        if shapes.is_unlimited(raw):
            return None
        made = self.window(name, raw)
        return None if made is None else limits.of_person(made)

    def others(
        self, name: str, sent: Mapping[str, Any], known: frozenset[str], *, own: bool = False
    ) -> Iterator[RateWindow]:
        """What limits an account under names of its own: each is shown under its key, or named as dropped.

        With `own`, `sent` are the account's limits: there a window is the account's whatever it is called, if its
        length is known; elsewhere if it is called by its length alone, as `monthly_limit`.
        """
        for key, raw in sent.items():
            if key in known or not shapes.states_limit(raw):
                continue
            place = ".".join(filter(None, (name, key if self._may_show(key) else "*")))
            windows = list(self._under_key(place, raw)) if self._may_show(key) else []
            for window in windows:
                is_own = (own or limits.names_length(key)) and window.duration
                yield window if is_own else limits.of_feature(window, key)
            if not windows:
                self.drop(place)

    def model(self, place: str, sent: Mapping[str, Any], metered: Any, shown_as: Any) -> Iterator[RateWindow]:
        """The windows of a model with limits of its own, named as `limits.of_model` does."""
        slots = self.slots(place, sent)
        for window in (*(slots.windows if slots else ()), *self.others(place, sent, _SLOT_NAMES, own=True)):
            made = limits.of_model(window, metered, shown_as)
            if made is None:
                self.lose(place)
            else:
                yield made

    def credits(self, name: str, raw: Any, *, usable: bool) -> Credits | UnsetType | None:
        """UNSET where they are missing or malformed, None for an account without them."""
        if raw is None or isinstance(raw, UnsetType):
            return raw
        sent = shapes.members(raw)
        try:
            if sent is not None:
                return balance.bought(sent, usable=usable)
        except ValueError:
            pass
        self.drop(name)
        return UNSET

    def resets(self, name: str, raw: Any) -> ResetCredits | None:
        """The resets to redeem."""
        if raw is None or isinstance(raw, UnsetType):
            return None
        sent = shapes.members(raw)
        try:
            if sent is not None:
                return balance.resets(sent, self.now)
        except ValueError:
            pass
        self.drop(name)
        return None

    def name(self, field: str, raw: Any, valid: Callable[[Any], str | None]) -> str | None:
        """A name from the server."""
        name = valid(self.shown(raw))
        if name is None and raw is not None and not isinstance(raw, UnsetType):
            self.drop(field)
        return name

    def shown(self, raw: Any) -> Any:
        """A name, None for one that must not be shown."""
        return None if isinstance(raw, str) and not self._shows(raw) else raw

    def _under_key(self, place: str, raw: Any) -> Iterator[RateWindow]:
        """The windows of an object; those of the `details` in it belong to its key as well."""
        sent = shapes.members(raw)
        if sent is None:
            return
        if (made := shapes.window(sent, self.now)) is not None:
            yield made
        elif (slots := self.slots(place, sent)) is not None:
            yield from slots.windows
        elif "details" in sent:
            yield from self._under_key(place, sent["details"])

    def _may_show(self, key: str) -> bool:
        return _KEY.fullmatch(key) is not None and self._shows(key)
