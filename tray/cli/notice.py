"""`tankful notice`: what a guard's hook starts to tell a person whose CLI shows no reason. Prints nothing."""

from __future__ import annotations

import json
import os
import sys
from threading import Timer
from typing import TYPE_CHECKING

from tray.cli.console import OK, make_scope

if TYPE_CHECKING:
    import argparse

    from tray.engine.notices.notice import Notice
    from tray.engine.scope import Scope

SECONDS = 30.0
_LARGEST = 1 << 16


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """It takes none: the `tankful.guard/1` is its input."""


def run(_options: argparse.Namespace) -> int:
    """Within half a minute."""
    from tray.engine.fault_log import log_faults_to
    from tray.view.guard_notice import notice

    deadline = Timer(SECONDS, os._exit, (OK,))
    deadline.daemon = True
    deadline.start()
    document = json.loads(sys.stdin.buffer.read(_LARGEST))
    scope = make_scope()
    log_faults_to(scope.folders.state)
    if _is_wanted(scope):
        _show(scope, notice(document, {each.id: each.title for each in scope.providers}))
    return OK


def _is_wanted(scope: Scope) -> bool:
    from tray.engine.notices import settings
    from tray.engine.notices.quiet import is_quiet
    from tray.engine.notices.stored import load

    values, now = scope.settings(), scope.clock()
    muted = load(scope.folders.state, now).muted_until is not None
    return (
        values.get(settings.ENABLED)
        and not muted
        and not is_quiet(values.get(settings.QUIET_HOURS), now, scope.zone)
    )


def _show(scope: Scope, notice: Notice) -> None:
    """On the desktop, and by the person's own program."""
    from tray.engine.notices import settings
    from tray.engine.notices.command import CommandFailed, run_command, without

    if sys.platform == "linux":
        from tray.desktop.linux import lone_notice, session_bus

        try:
            lone_notice.show(scope.environ, notice)
        except session_bus.BusUnreachable as error:
            _note(scope, f"a guard's notice was not shown: {error}")
    if command := scope.settings().get(settings.COMMAND).strip():
        hidden = {name for provider in scope.providers for name in provider.variables}
        try:
            run_command(command, notice, without(scope.environ, hidden))
        except CommandFailed as failure:
            _note(scope, f"notify.command failed: {failure}")


def _note(scope: Scope, text: str) -> None:
    from contextlib import suppress

    from tray.engine import brief_log

    with suppress(OSError):
        brief_log.append(str(scope.folders.state), "WARNING", text, scope.clock().timestamp())
