"""A Codex session in a terminal, taken to its `/status` screen and no further.

Dialogs may come first: trust this folder, a new model, an update. Answering one changes settings, so this is
for a session in a temporary home; and an update is never accepted, as that changes the program itself.
Enter is only pressed on the text `/status`: anything else would be sent to a model.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Literal, Protocol

from providers.codex.auth import SIGN_IN
from providers.codex.status.text import Status
from providers.domain.errors import (
    LoginExpired,
    NotUnderstood,
    ProgramTooOld,
    ProviderError,
    ServerError,
    TimedOut,
)

AGAIN_SECONDS = 2.0
_TIMES = 4
_STEP_SECONDS = 5.0
_STILL_SECONDS = 0.4  # Codex treats faster input as pasted text, and Enter as part of it
_MOST_DIALOGS = 5
_COMMAND = "/status"
_CLEAR = "\x15"  # Ctrl-U

Scene = Literal["ready", "trust", "offer", "update", "login", "other"]

_DIALOGS: tuple[tuple[Scene, str], ...] = (
    ("update", r"Skip until next version|Update now \(runs"),
    ("trust", r"[Tt]rust (?:the contents of )?this (?:folder|directory)|[Aa]llow Codex to work in this"),
    ("offer", r"Try new model|Use existing model|^ *Press enter to continue"),
)
_LOGIN = re.compile(r"Sign in with ChatGPT|Sign in with Device Code")
_PROMPT = re.compile(r"^ {0,2}› (?!\d+\.)", re.MULTILINE)
_TYPED = re.compile(rf"^ {{0,2}}› {_COMMAND}\s*$", re.MULTILINE)
_BUSY = "Waiting for startup"
_KEYS: dict[Scene, str] = {"trust": "\r", "offer": "\x1b"}
_ENDINGS: tuple[tuple[str, Callable[[], ProviderError]], ...] = (
    ("unauthorized (401)", lambda: LoginExpired("ChatGPT rejected your login.", remedy=SIGN_IN)),
    ("discovery timed out", lambda: TimedOut("ChatGPT did not respond to Codex in time.")),
    (
        "discovery missing backend origin",
        lambda: ServerError("ChatGPT named no server for this workspace's limits."),
    ),
    ("discovery failed", lambda: ServerError("ChatGPT did not respond to Codex.")),
)


class StatusScreen(Protocol):
    """The terminal; implemented by providers.host.terminal.terminal.Terminal."""

    @property
    def text(self) -> str: ...
    @property
    def ended(self) -> bool: ...
    def press(self, keys: str) -> None: ...
    def wait_until(self, seen: Callable[[str], bool], seconds: float) -> bool: ...
    def wait_still(self, still: float, seconds: float) -> None: ...


def scene(text: str) -> Scene:
    """What the screen is waiting for."""
    prompt = _PROMPT.search(text) is not None
    if not prompt and _LOGIN.search(text):  # below a prompt the text may be a tip
        return "login"
    for dialog, signs in _DIALOGS:
        if re.search(signs, text, re.MULTILINE):
            return dialog
    return "ready" if prompt and _BUSY not in text else "other"


def ask_status(
    screen: StatusScreen,
    parse_status: Callable[[str], Status],
    ends: float,
    seconds: Callable[[], float] = time.monotonic,
) -> Status:
    """The limits on the screen, requested until they are shown; else the last screen seen.

    `ends` is on the clock of `seconds`. Raises LoginExpired, ProgramTooOld, ServerError, TimedOut, or
    NotUnderstood for an unknown screen.
    """
    return _Session(screen, ends, seconds).to_status(parse_status)


class _Session:
    """The steps, each with a deadline."""

    def __init__(self, screen: StatusScreen, ends: float, seconds: Callable[[], float]) -> None:
        self._screen = screen
        self._ends = ends
        self._seconds = seconds

    def to_status(self, parse_status: Callable[[str], Status]) -> Status:
        status = Status(outcome="nothing")
        for times in range(_TIMES):
            if times:
                self._look_for(lambda _: False, AGAIN_SECONDS)
            if not self._left():
                break
            self._type_command()
            self._screen.press("\r")
            self._look_for(lambda text: parse_status(text).outcome != "nothing")
            self._settle()
            status = parse_status(self._screen.text)
            if status.outcome not in ("later", "nothing") and not status.stale:
                break
            self._alive()
        return status

    def _type_command(self) -> None:
        """Type the command at the prompt, and check that nothing else was typed."""
        for times in range(_MOST_DIALOGS):
            self._make_way()
            self._screen.press(_CLEAR + _COMMAND if times else _COMMAND)
            self._look_for(lambda text: _TYPED.search(text) is not None)
            self._settle()
            self._alive()
            # A dialog that appeared meanwhile has received the text, and would take Enter as a yes.
            if scene(self._screen.text) == "ready" and _TYPED.search(self._screen.text):
                return
        raise NotUnderstood("Codex did not accept /status.", remedy="Update Codex.")

    def _make_way(self) -> None:
        """Wait for the prompt, past the dialogs before it."""
        for _ in range(_MOST_DIALOGS):
            self._look_for(lambda text: scene(text) != "other", self._left())
            self._settle()
            self._alive()
            shown = scene(self._screen.text)
            if shown == "ready":
                return
            if shown == "update":
                raise ProgramTooOld("Codex wants to be updated first.", remedy="Update Codex.")
            if shown == "login":
                raise LoginExpired("Codex asks for a new login.", remedy=SIGN_IN)
            if not self._left():
                raise TimedOut("Codex was not ready in time.")
            if shown in _KEYS:
                self._answer(shown)
        raise NotUnderstood("Codex keeps showing dialogs.", remedy="Update Codex.")

    def _answer(self, shown: Scene) -> None:
        self._screen.press(_KEYS[shown])
        self._look_for(lambda text: scene(text) != shown)

    def _look_for(self, seen: Callable[[str], bool], at_most: float = _STEP_SECONDS) -> None:
        self._screen.wait_until(seen, min(at_most, self._left()))

    def _settle(self) -> None:
        self._screen.wait_still(_STILL_SECONDS, min(_STEP_SECONDS, self._left()))

    def _left(self) -> float:
        return max(self._ends - self._seconds(), 0.0)

    def _alive(self) -> None:
        if self._screen.ended:
            raise _ending(self._screen.text)


def _ending(text: str) -> ProviderError:
    """Why it exited. The text is compared without spaces, as the screen's edge wraps it anywhere."""
    shown = "".join(text.split())
    for sign, error in _ENDINGS:
        if sign.replace(" ", "") in shown:
            return error()
    return NotUnderstood(
        "Codex exited before it showed limits.",
        remedy="Run `codex` once to see why. If that does not help, update it.",
    )
