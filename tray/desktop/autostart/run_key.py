"""Windows: a value of the registry's Run key, a command line that runs when a person logs in.

The task manager switches one off by another value, whose first byte is odd then (seen on Windows 10 and 11).
"""

from __future__ import annotations

import subprocess
import sys
from typing import Protocol

from providers.host.shown_path import printable
from tray.desktop.autostart.login_item import AutostartError, LoginItemStatus

RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"
APPROVED = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"
NAME = "tankful"
_ENDINGS = (
    r'\tankful.exe" --tray',
    r'\pythonw.exe" -P -m tray.cli --tray',
    r'\python.exe" -P -m tray.cli --tray',
)


class Registry(Protocol):
    """Values below HKEY_CURRENT_USER. All of it may raise OSError."""

    def get(self, key: str, name: str) -> object:
        """None where there is no such value."""

    def set_text(self, key: str, name: str, text: str) -> None: ...
    def delete(self, key: str, name: str) -> None: ...


class RunKey:
    """The value `tankful`."""

    def __init__(self, registry: Registry, command: tuple[str, ...]) -> None:
        self._registry = registry
        program, *arguments = command
        self._line = " ".join([f'"{program}"', *(subprocess.list2cmdline([each]) for each in arguments)])

    def status(self) -> LoginItemStatus:
        try:
            found, disabled = self._registry.get(RUN, NAME), self._is_disabled()
        except OSError as error:
            return LoginItemStatus("changed", starts=False, detail=_failure("read", error))
        if found is None:
            return LoginItemStatus("off", starts=False)
        shown = printable(str(found))
        if found != self._line:
            whose = "starts another tankful" if _is_ours(found) else "was not written by tankful"
            return LoginItemStatus("changed", not disabled, f"{_PLACE} {whose} ({shown})")
        if disabled:
            return LoginItemStatus(
                "changed", starts=False, detail="it is switched off in the Startup apps of Windows"
            )
        return LoginItemStatus("on", starts=True, detail=f"{_PLACE} starts {shown}")

    def switch_on(self) -> str:
        try:
            found = self._registry.get(RUN, NAME)
            self._refuse_if_not_ours(found, "Delete it, then switch on again.")
            if found != self._line:
                self._registry.set_text(RUN, NAME, self._line)
            if self._is_disabled():
                self._registry.delete(APPROVED, NAME)
        except OSError as error:
            raise AutostartError(f"{_failure('written', error)}.") from error
        return "tankful will start when you log in."

    def switch_off(self) -> str:
        try:
            found = self._registry.get(RUN, NAME)
            if found is None:
                return "tankful does not start when you log in."
            self._refuse_if_not_ours(found, "Delete it yourself to stop it from starting at login.")
            self._registry.delete(RUN, NAME)
            if self._registry.get(APPROVED, NAME) is not None:
                self._registry.delete(APPROVED, NAME)
        except OSError as error:
            raise AutostartError(f"{_failure('removed', error)}.") from error
        return "tankful will no longer start when you log in."

    def _is_disabled(self) -> bool:
        approved = self._registry.get(APPROVED, NAME)
        return isinstance(approved, bytes) and bool(approved) and approved[0] % 2 == 1

    def _refuse_if_not_ours(self, found: object, remedy: str) -> None:
        if found is not None and found != self._line and not _is_ours(found):
            raise AutostartError(f"{_PLACE} was not written by tankful, so it is left alone. {remedy}")


_PLACE = rf"the value {NAME} of HKEY_CURRENT_USER\{RUN}"


def _is_ours(found: object) -> bool:
    """Whether a tankful, wherever it is installed, could have written it."""
    return (
        isinstance(found, str)
        and found.startswith('"')
        and found.endswith(_ENDINGS)
        and found.count('"') == 2
    )


def _failure(what: str, error: OSError) -> str:
    return f"{_PLACE} cannot be {what}: {error.strerror or type(error).__name__}"


if sys.platform == "win32":
    import winreg

    class WindowsRegistry:
        """The real one."""

        def get(self, key: str, name: str) -> object:
            try:
                with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:
                    return winreg.QueryValueEx(opened, name)[0]
            except FileNotFoundError:
                return None

        def set_text(self, key: str, name: str, text: str) -> None:
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, key) as opened:
                winreg.SetValueEx(opened, name, 0, winreg.REG_SZ, text)

        def delete(self, key: str, name: str) -> None:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key, 0, winreg.KEY_SET_VALUE) as opened:
                winreg.DeleteValue(opened, name)
