"""What a click does: a line in ACTIONS for each name. Each runs in a thread of the click's own, and may wait."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from msgspec import Struct

from providers.domain.live import LiveSession
from providers.host.atomic import write_whole
from providers.host.files import short
from providers.source import Provider
from tray.desktop.autostart.switch import LoginSwitch
from tray.desktop.clipboard import CannotCopy, Clipboard
from tray.desktop.icon import NAME
from tray.desktop.opener import CannotOpen, Opener
from tray.engine.engine import Engine
from tray.engine.settings_writer import CannotWriteSettings, create
from tray.view import menu
from tray.view.accounts import accounts, at_a_glance, next_reset, tightness
from tray.view.available import Available
from tray.view.rows import Action
from tray.view.sessions.resume_command import resume_command

REPORT = "report.txt"
_MUTED_WITHOUT_RESET = timedelta(hours=1)
_making_report = Lock()


class ActionFailed(Exception):
    """What a click asked for did not happen; str() is a sentence."""


class Desk(Struct, frozen=True, kw_only=True):
    """What actions act on: the engine, and the tools of the desktop. `bring_to_front` does that with a session's
    terminal, and returns whether it could.
    """

    engine: Engine
    opener: Opener
    clipboard: Clipboard | None
    login: LoginSwitch
    redraw: Callable[[], None]
    show_text: Callable[[str, str], None]
    can_notify: Callable[[], bool] = lambda: True
    stop: Callable[[], None]
    make_report: Callable[[Mapping[str, str]], bytes] | None = None
    open_page: Callable[[], None] | None = None
    bring_to_front: Callable[[LiveSession], bool] | None = None

    @property
    def available(self) -> Available:
        return Available(
            copy=self.clipboard is not None,
            open=self.opener.works,
            page=self.opener.works and self.open_page is not None,
            front=self.bring_to_front is not None,
        )


def act(desk: Desk, action: Action) -> None:
    """Do what the action names. Raises ActionFailed; LookupError and ValueError for what no row should ask for."""
    try:
        ACTIONS[action.name](desk, action.argument)
    except (CannotOpen, CannotCopy, CannotWriteSettings) as failed:
        raise ActionFailed(str(failed)) from failed


def _refresh(desk: Desk, _argument: str) -> None:
    desk.engine.refresh(user_initiated=True)


def _set(desk: Desk, argument: str) -> None:
    key, _, value = argument.partition("=")
    desk.engine.set(key, value)


def _switch_autostart(desk: Desk, argument: str) -> None:
    desk.login.set(on=argument == "on")
    desk.redraw()


def _pause(desk: Desk, argument: str) -> None:
    """For so many minutes; "" resumes."""
    desk.engine.pause(_until(desk, argument))


def _mute(desk: Desk, argument: str) -> None:
    """For so many minutes, or until the next "reset"; "" ends it."""
    if argument == "reset":
        now = desk.engine.scope.clock()
        desk.engine.mute(next_reset(desk.engine.snapshot, now) or now + _MUTED_WITHOUT_RESET)
    else:
        desk.engine.mute(_until(desk, argument))


def _until(desk: Desk, minutes: str) -> datetime | None:
    return desk.engine.scope.clock() + timedelta(minutes=int(minutes)) if minutes else None


def _copy(desk: Desk, _argument: str) -> None:
    if desk.clipboard is None:
        raise CannotCopy("There is no clipboard tool; install wl-clipboard or xclip.")
    scope = desk.engine.scope
    desk.clipboard.copy(menu.summary(desk.engine.snapshot, scope.clock(), scope.zone))


def _copy_resume(desk: Desk, key: str) -> None:
    """The command that goes on with a session, by its key."""
    _copy_resume_of(desk, _session(desk, key))


def _bring_to_front(desk: Desk, key: str) -> None:
    """A session's terminal, where it certainly is its own; else what goes on with it elsewhere is copied."""
    session = _session(desk, key)
    can = desk.bring_to_front if session.may_have_terminal else None
    if can is None or not can(session):
        command = _copy_resume_of(desk, session)
        desk.show_text(NAME, f"Its terminal cannot be brought to the front. Copied: {command}")


def _copy_resume_of(desk: Desk, session: LiveSession) -> str:
    if desk.clipboard is None:
        raise CannotCopy("There is no clipboard tool; install wl-clipboard or xclip.")
    command = resume_command(session, desk.engine.scope)
    if command is None:
        raise ActionFailed("This session cannot be resumed: its home is not known here.")
    desk.clipboard.copy(command)
    return command


def _session(desk: Desk, key: str) -> LiveSession:
    look = desk.engine.snapshot.sessions
    for session in look.sessions if look is not None else ():
        if session.key == key:
            return session
    raise ActionFailed("That session is no longer there.")


def _show(desk: Desk, _argument: str) -> None:
    """The values, where a click opens no menu: as a notice, on our page, or on that of the tightest account."""
    state, now = desk.engine.snapshot, desk.engine.scope.clock()
    desk.engine.menu_opened()  # to look is not to ask for a refresh: the intervals hold
    shown = sorted(at_a_glance(state, now), key=lambda usage: tightness(usage, now)) or accounts(state)
    if not desk.can_notify() and desk.available.page:
        _open_dashboard(desk, "")
    elif not desk.can_notify() and shown:
        _open_usage_page(desk, shown[0].provider)
    else:
        desk.show_text(NAME, menu.summary(state, now, desk.engine.scope.zone, narrow=True))


def _open(desk: Desk, argument: str) -> None:
    what, _, which = argument.partition(":")
    _OPENS[what](desk, which)


def _open_dashboard(desk: Desk, _argument: str) -> None:
    if desk.open_page is None:
        raise CannotOpen("This desktop opens no pages.")
    desk.open_page()


def _open_usage_page(desk: Desk, provider: str) -> None:
    desk.opener.page(_provider(desk, provider).links.usage)


def _open_status_page(desk: Desk, provider: str) -> None:
    desk.opener.page(_provider(desk, provider).links.status)


def _open_purchase_page(desk: Desk, provider: str) -> None:
    page = _provider(desk, provider).links.purchase
    if page is None:
        raise CannotOpen("No credits are sold there.")
    desk.opener.page(page)


def _open_logs(desk: Desk, argument: str) -> None:
    """The logs of a provider, or, after a second colon, of some of its homes, by their ids."""
    ident, _, ids = argument.partition(":")
    provider = _provider(desk, ident)
    homes = [
        home for home in desk.engine.scope.log_homes_of(provider) if not ids or home.id in ids.split(",")
    ]
    folders = [home.path / folder for home in homes for folder in provider.logs.folders]
    found = next((folder for folder in folders if os.path.isdir(folder)), None)
    if found is None:
        where = f" in {short(folders[0])}" if folders else ""
        raise CannotOpen(f"{provider.title} has no logs{where} yet.")
    desk.opener.path(found)


def _open_settings(desk: Desk, _argument: str) -> None:
    from tray.view.settings_text import as_toml

    file = desk.engine.scope.settings_file
    if not os.path.exists(file):
        create(file, as_toml(desk.engine.scope.table))
    desk.opener.path(file)


def _open_report(desk: Desk, _argument: str) -> None:
    from tray.engine.doctor.child import NoReport, report_text  # 10 ms, and seldom wanted

    if not _making_report.acquire(blocking=False):
        return  # it is on its way
    scope = desk.engine.scope
    file = scope.folders.state / REPORT
    try:
        write_whole(file, (desk.make_report or report_text)(scope.environ))
    except NoReport as failed:
        raise ActionFailed(str(failed)) from failed
    except OSError as error:
        reason = error.strerror or "unknown error"
        raise ActionFailed(f"{short(file)} cannot be written ({reason}).") from error
    finally:
        _making_report.release()
    desk.opener.path(file)


def _provider(desk: Desk, ident: str) -> Provider:
    return {provider.id: provider for provider in desk.engine.scope.providers}[ident]


_Act = Callable[[Desk, str], Any]
_OPENS: dict[str, _Act] = {
    "dashboard": _open_dashboard,
    "usage": _open_usage_page,
    "status": _open_status_page,
    "purchase": _open_purchase_page,
    "logs": _open_logs,
    "settings": _open_settings,
    "report": _open_report,
}
ACTIONS: dict[str, _Act] = {
    "refresh": _refresh,
    "open": _open,
    "copy": _copy,
    "copy-resume": _copy_resume,
    "front": _bring_to_front,
    "show": _show,
    "pause": _pause,
    "mute": _mute,
    "set": _set,
    "explained": lambda desk, _argument: desk.engine.explained(),
    "autostart": _switch_autostart,
    "quit": lambda desk, _argument: desk.stop(),
}
