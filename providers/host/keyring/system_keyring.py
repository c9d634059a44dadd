"""The system's keyring, used within a deadline, and without a dialog unless the user initiated it.

A keyring may prompt its owner, and block until they respond. So it is used by a separate program, which can be
killed, and in which dialogs can be disabled without affecting the tray.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from providers.domain.errors import Denied, ProgramMissing, TimedOut
from providers.host.keyring.install import install_sentence
from providers.host.keyring.keyring_child import FOUND, LOCKED, NO_KEYRING, NO_LIBRARY, NONE, UNSAFE
from providers.host.secret import Secret

if TYPE_CHECKING:
    from providers.host.process.child import Finished

QUIET_SECONDS = 10.0
ASK_SECONDS = 60.0
_PROGRAM = Path(__file__).with_name("keyring_child.py")
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
        *,
        seconds: tuple[float, float] = (QUIET_SECONDS, ASK_SECONDS),
    ) -> None:
        self._environ = environ
        self._run = run_program
        self._seconds = seconds

    def read(self, service: str, account: str, *, ask: bool) -> Secret | None:
        return self.do("read", service, account, ask=ask)

    def do(
        self, operation: str, service: str, account: str, *, ask: bool, given: Secret | None = None
    ) -> Secret | None:
        """An operation of `keyring_child`: what it printed, None where there is no such item.

        Raises Denied, TimedOut or ProgramMissing, as `Keyring.read`.
        """
        from providers.host.process import child as children
        from providers.host.process.environment import VendorEnviron

        command = [
            sys.executable,
            "-I",
            str(_PROGRAM),
            operation,
            service,
            account,
            *(["ask"] if ask else []),
        ]
        with children.probe_folder() as folder:
            done = (self._run or children.run)(
                command,
                environ=VendorEnviron(self._environ),
                folder=folder,
                seconds=self._seconds[ask],
                cap=_SIZE_LIMIT,
                given=given.reveal().encode() if given else None,
            )
        if done.timed_out:
            raise TimedOut("The keyring did not respond in time.")
        if done.code == NONE:
            return None
        if done.code != FOUND:
            raise _refusal(done.code)
        return Secret(done.out.decode(errors="replace"))


def _refusal(code: int | None) -> Denied | ProgramMissing:
    if code == NO_LIBRARY:
        return ProgramMissing(
            "tankful was installed without the library that it needs for the keyring.",
            remedy=install_sentence(),
        )
    if code == NO_KEYRING:
        return ProgramMissing(
            "No usable keyring on this machine.",
            remedy="Start a keyring, such as gnome-keyring or KWallet, in your session.",
        )
    if code == UNSAFE:
        return ProgramMissing(
            "The keyring that is configured is not the system's own, and may keep secrets in plain files.",
            remedy="Start the system's keyring, and remove the other one from keyringrc.cfg and"
            " PYTHON_KEYRING_BACKEND.",
        )
    if code == LOCKED:
        return Denied("The keyring is locked.", remedy="Unlock it, then choose Refresh now.")
    return Denied("The keyring did not release the login.", remedy="Refresh, and allow access when asked.")
