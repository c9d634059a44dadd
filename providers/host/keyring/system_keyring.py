"""The system's keyring, read within a deadline, and without a dialog unless the user initiated it.

A keyring may prompt its owner, and block until they respond. So it is read by a separate program, which can be
killed, and in which dialogs can be disabled without affecting the tray.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from providers.domain.errors import Denied, ProgramMissing, TimedOut
from providers.host.keyring.read_secret import FOUND, NO_KEYRING, NONE
from providers.host.secret import Secret

if TYPE_CHECKING:
    from providers.host.process.child import Finished

QUIET_SECONDS = 10.0
ASK_SECONDS = 60.0
_PROGRAM = Path(__file__).with_name("read_secret.py")
_SIZE_LIMIT = 1 << 16


class Keyring(Protocol):
    """A store of secrets."""

    def read(self, service: str, account: str, *, ask: bool) -> Secret | None:
        """The secret, None if there is none. With `ask` the system may prompt the user.

        Raises Denied if access was denied, TimedOut without a response, ProgramMissing without a keyring.
        """


class SystemKeyring:
    """The real one, using keyring. On macOS the Keychain remembers which programs are always allowed."""

    def __init__(
        self,
        environ: Mapping[str, str] = os.environ,
        run_program: Callable[..., Finished] | None = None,
    ) -> None:
        self._environ = environ
        self._run = run_program

    def read(self, service: str, account: str, *, ask: bool) -> Secret | None:
        from providers.host.process import child as children
        from providers.host.process.environment import VendorEnviron

        command = [sys.executable, "-I", str(_PROGRAM), service, account, *(["ask"] if ask else [])]
        with children.probe_folder() as folder:
            done = (self._run or children.run)(
                command,
                environ=VendorEnviron(self._environ),
                folder=folder,
                seconds=ASK_SECONDS if ask else QUIET_SECONDS,
                cap=_SIZE_LIMIT,
            )
        if done.timed_out:
            raise TimedOut("The keyring did not respond in time.")
        if done.code == NONE:
            return None
        if done.code == NO_KEYRING:
            raise ProgramMissing(
                "No usable keyring on this machine.",
                remedy="Reinstall tankful; part of it is missing.",
            )
        if done.code != FOUND:
            raise Denied(
                "The keyring did not release the login.", remedy="Refresh, and allow access when asked."
            )
        return Secret(done.out.decode(errors="replace"))
