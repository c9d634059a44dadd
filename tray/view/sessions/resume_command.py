"""The command that goes on with a session in a terminal, to be copied."""

from __future__ import annotations

import os
import shlex
import sys

from providers.domain.live import LiveSession
from providers.source import Home, Provider
from tray.engine.scope import Scope


def resume_command(session: LiveSession, scope: Scope, *, platform: str = sys.platform) -> str | None:
    """`cd FOLDER && codex resume ID`, for PowerShell on Windows. None where its program finds no session of that
    home, or the home is not known any more.
    """
    for provider in scope.chosen():
        if provider.id != session.provider or not provider.resume:
            continue
        home = next((each for each in scope.homes_of(provider) if each.label == session.home), None)
        if home is not None:
            return _joined(session, provider, home, platform)
    return None


def _joined(session: LiveSession, provider: Provider, home: Home, platform: str) -> str:
    """The variable is set for any home but the default one, as the terminal may not have it."""
    variable = provider.home_variable if home.named is not None else ""
    words = [*provider.resume, session.id]
    if platform == "win32":
        enter = [f"cd {_powershell(session.cwd)}"] if session.cwd else []
        name = [f"$env:{variable} = {_powershell(str(home.path))}"] if variable else []
        return "; ".join((*enter, *name, " ".join((*words[:-1], _powershell(words[-1])))))
    name = [f"{variable}={_posix(str(home.path))}"] if variable else []
    command = " ".join((*name, *map(_posix, words)))
    return f"cd {_posix(session.cwd)} && {command}" if session.cwd else command


def _posix(text: str) -> str:
    """One word. Whoever pastes a control character presses its key, whatever quotes are around it."""
    if text.isprintable() or not text:
        return shlex.quote(text)
    escaped = (
        sign
        if sign.isprintable() and sign not in "\\'"
        else "".join(f"\\{byte:03o}" for byte in os.fsencode(sign))
        for sign in text
    )
    return f"$'{''.join(escaped)}'"


def _powershell(text: str) -> str:
    """Within single quotes nothing but a quote is special."""
    return "'" + text.replace("'", "''") + "'"
