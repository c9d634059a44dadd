"""tankful's own items in the system's keyring."""

from __future__ import annotations

import json
from typing import Protocol

from providers.domain.errors import Denied
from providers.host.keyring.system_keyring import SystemKeyring
from providers.host.secret import Secret

SERVICE = "tankful"
CHECKED = "check"


class OwnItems(Protocol):
    """Secrets by name. With `ask` the system may prompt the user; who writes and deletes was asked by them.

    All raise Denied if access was denied, TimedOut without a response, ProgramMissing without the system's own
    keyring.
    """

    def read(self, name: str, *, ask: bool) -> Secret | None:
        """The secret, None if there is none."""

    def write(self, name: str, secret: Secret) -> None: ...

    def replace(self, name: str, old: Secret, new: Secret) -> bool:
        """Without a prompt; False where the old one is no longer there."""

    def delete(self, name: str) -> bool:
        """False if there is none."""

    def check(self, *, ask: bool) -> None:
        """Whether secrets can be read and written."""


class SystemItems:
    """The real ones."""

    def __init__(self, keyring: SystemKeyring | None = None) -> None:
        self._keyring = keyring or SystemKeyring()

    def read(self, name: str, *, ask: bool) -> Secret | None:
        return self._keyring.do("read-own", SERVICE, name, ask=ask)

    def write(self, name: str, secret: Secret) -> None:
        self._keyring.do("write", SERVICE, name, ask=True, given=secret)
        found = self._keyring.do("read-own", SERVICE, name, ask=True)
        if found is None or found.reveal() != secret.reveal():  # such as one that cuts off what is long
            raise Denied(
                "The keyring did not keep the cookie.", remedy="Check the keyring's own program for errors."
            )

    def replace(self, name: str, old: Secret, new: Secret) -> bool:
        both = Secret(json.dumps([old.reveal(), new.reveal()]))
        return self._keyring.do("replace", SERVICE, name, ask=False, given=both) is not None

    def delete(self, name: str) -> bool:
        return self._keyring.do("delete", SERVICE, name, ask=True) is not None

    def check(self, *, ask: bool) -> None:
        self._keyring.do("check", SERVICE, CHECKED, ask=ask)
