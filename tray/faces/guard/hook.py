"""`tankful guard --hook`: what a CLI's hook answers. Nothing that goes wrong here may cost a turn.

Whatever is not certain passes, with exit code 0 and nothing printed; the log says why, once for each change.
"""

from __future__ import annotations

import json
import os
import time

from providers.host.state_folder import is_trusted, state_folder
from tray.engine import brief_log, hook_marks, published
from tray.engine.detached import start_round
from tray.engine.iso_time import epoch
from tray.faces.guard.document import as_json
from tray.faces.guard.homes import home_of, named
from tray.faces.guard.judge import damaged, judge
from tray.faces.hook_input import read_input

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType
    from typing import Any

    from providers.domain.hook_call import HookAnswer, HookCall
    from tray.faces.guard.options import GuardOptions
    from tray.faces.guard.verdict import Verdict

OK = 0
_CHUNK = 1 << 16
_SAME_RESET_SECONDS = 600.0
"""Servers send the time of one reset a little differently each time."""


def run(options: GuardOptions, protocol: ModuleType, environ: Mapping[str, str] = os.environ) -> int:
    """Always 0."""
    provider = options.hook
    try:
        sent = read_input()  # in any case: a CLI that writes it may fail on a closed pipe
        if not is_trusted(environ):
            return OK
        folder, home = state_folder(environ), home_of(protocol, environ)
        call = protocol.read(sent, environ)
        if call is None:
            note(provider, protocol, "let pass: the input is not understood", environ=environ)
            return OK
        verdict = _verdict(folder, options, home, call)
        text = f"tankful: {verdict.text}"
        found, outcome = _answer(folder, options, protocol, call, verdict, text)
        if found is not None:
            _print(found.output)
        note(provider, protocol, outcome, environ=environ)
        if found is not None and not (found.always_seen or protocol.shows_reasons(call, environ, parents)):
            _notify(folder, home, verdict)
    except Exception as error:  # noqa: BLE001 - a fault of ours must not cost a turn
        from providers.host.faults import own_place

        outcome = f"let pass: internal error ({type(error).__name__} at {own_place(error)})"
        note(provider, protocol, outcome, level="ERROR", environ=environ)
    return OK


def _verdict(folder: str, options: GuardOptions, home: str, call: HookCall) -> Verdict:
    now = time.time()
    try:
        snapshot = published.read(folder)
        homes = named(home)
        verdict = judge(snapshot, now, options, homes=lambda _provider: homes, model=call.model)
        is_fresh = snapshot is not None and _is_fresh(snapshot, now, options, homes)
        is_fresh = is_fresh and verdict.reason != "no_account"  # by a round for another home
        is_fresh = is_fresh and "not_counted" not in verdict.not_known
    except published.DAMAGED:  # the next round rewrites it
        verdict, is_fresh = damaged(), False
    if not is_fresh:
        start_round(folder, now)
    return verdict


def _is_fresh(snapshot: dict[str, Any], now: float, options: GuardOptions, homes: tuple[str, ...]) -> bool:
    """A round for another home leaves in the snapshot what was read of this one earlier."""
    earlier = [
        at
        for account in snapshot["providers"]
        if account["provider"] == options.hook
        for home, at in account.get("read_earlier", {}).items()
        if home in homes
    ]
    times = map(epoch, [snapshot["generated_at"], *earlier])
    return all(0 <= now - at <= options.max_age for at in times)


def _answer(
    folder: str, options: GuardOptions, protocol: ModuleType, call: HookCall, verdict: Verdict, text: str
) -> tuple[HookAnswer | None, str]:
    """With the outcome, for the log."""
    if verdict.level not in ("stop", "warn") or verdict.stale:
        outcome = "let pass" if verdict.level == "go_on" else f"let pass: {verdict.text}"
        return None, "let pass: the block was read too long ago" if verdict.stale else outcome
    is_stop = verdict.level == "stop"
    outcome = "too little left" if is_stop else "little left"
    found = protocol.stop(call, text, refuse=options.refuse_calls) if is_stop else None
    if found is None:
        found = protocol.warn(call, text, urgent=is_stop)
        if found is not None and not _is_first(folder, options.hook, call, verdict.level):
            found = None
    return found, outcome


def _is_first(folder: str, provider: str, call: HookCall, level: str) -> bool:
    """Whether it is the first of its turn and level: a warned turn is answered again when it should stop. Where
    that cannot be marked, the prompt's own hook is the first.
    """
    who = "agent" if call.agent else ""
    found = hook_marks.is_first(folder, provider, call.session, call.turn, who, level)
    return call.event == "UserPromptSubmit" if found is None else found


def _print(output: Mapping[str, Any]) -> None:
    """In one write, so that a reader has all of it or nothing."""
    try:  # noqa: SIM105 - contextlib takes its time
        os.write(1, json.dumps(output).encode())
    except OSError:  # nobody waits for it any more
        pass


def note(
    provider: str,
    protocol: ModuleType,
    outcome: str,
    *,
    level: str = "INFO",
    environ: Mapping[str, str] = os.environ,
) -> None:
    """What became of a call, for doctor; and for the log, where that is news."""
    now = time.time()
    try:
        folder, home = state_folder(environ), home_of(protocol, environ)
        if is_trusted(environ) and hook_marks.note(folder, provider, home, outcome, now):
            brief_log.append(folder, level, f"{provider} hook of {home}: {outcome}", now)
    except OSError:  # a full or read-only disk, or a folder that was removed: there is no log
        pass


def _notify(folder: str, home: str, verdict: Verdict) -> None:
    """The person, since the CLI does not; once for each window, or budget, and its reset."""
    names = (home, verdict.level, str(verdict.window or verdict.budget))
    marks = [
        hook_marks.is_first(folder, "notice", *names, str(span)) for span in _spans_around(verdict.until)
    ]
    if all(marks):
        from tray.engine.detached import start_notice

        start_notice(as_json(verdict).encode())


def _spans_around(until: float | None) -> tuple[int | None, ...]:
    """Two neighbours, so that two times of one reset have one in common wherever between them a span ends."""
    if until is None:
        return (None,)
    span = int(until // _SAME_RESET_SECONDS)
    return span, span + 1


def parents() -> list[str]:
    """The words of the commands that started us: a shell may stand between."""
    found: list[str] = []
    process = os.getppid()
    try:
        for _ in range(2):
            with open(f"/proc/{process}/cmdline", "rb") as file:
                found += file.read(_CHUNK).decode(errors="replace").split("\0")
            with open(f"/proc/{process}/stat", "rb") as file:
                process = int(file.read(_CHUNK).rpartition(b")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        pass
    return [word for word in found if word]
