"""The fast path of `tankful guard` (see `tray.cli.commands`): a hook, or an answer from a fresh snapshot."""

from __future__ import annotations

import os
import sys
import time

from tray.faces.guard.document import CODES, as_json
from tray.faces.guard.homes import chosen_homes, protocol_of
from tray.faces.guard.options import parse

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from types import ModuleType

    from tray.faces.guard.options import GuardOptions
    from tray.faces.guard.verdict import Verdict


def answer(arguments: list[str]) -> int | None:
    """Passes on what needs a round, or waits; and on what is wrong."""
    options = parse(arguments)
    if options is None or options.wait is not None:
        return None
    if options.hook:
        protocol = protocol_of(options.hook)
        if protocol is None or (options.refuse_calls and not protocol.CAN_REFUSE):
            return None
        return run_hook(options, protocol)
    if options.provider != "all" and protocol_of(options.provider) is None:
        return None
    verdict = of_snapshot(options)
    if verdict is None or not verdict.is_certain:
        return None
    show(verdict, options)
    return CODES[verdict.level]


def run_hook(options: GuardOptions, protocol: ModuleType) -> int:
    """Always 0. The deadline comes first: on a disk that hangs, so does an import."""
    from tray.faces import deadline

    def on_expiry() -> None:
        from tray.faces.guard import hook

        hook.note(options.hook, protocol, "let pass: no answer in time")

    deadline.exit_after(deadline.SECONDS, on_expiry)
    from tray.faces.guard import hook

    return hook.run(options, protocol)


def of_snapshot(options: GuardOptions) -> Verdict | None:
    """The verdict by what is published; None where that cannot be read."""
    from providers.host.state_folder import is_trusted, state_folder
    from tray.engine import published
    from tray.faces.guard.judge import judge

    try:
        if not is_trusted(os.environ):
            return None
        snapshot = published.read(state_folder(os.environ))
        return judge(snapshot, time.time(), options, homes=chosen_homes)
    except (OSError, *published.DAMAGED):
        return None


def show(verdict: Verdict, options: GuardOptions) -> None:
    if sys.stdout is None:
        return
    text = as_json(verdict) if options.json else verdict.text
    try:  # noqa: SIM105 - contextlib takes its time
        os.write(sys.stdout.fileno(), text.encode("utf-8", "replace") + b"\n")
    except BrokenPipeError:  # nobody reads it; the exit code still counts
        pass
