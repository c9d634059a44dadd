"""A notice from a process that ends before anybody could click it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tray.desktop.linux import session_bus
from tray.desktop.linux.notifications import notify_call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tray.engine.notices.notice import Notice


def show(environ: Mapping[str, str], notice: Notice) -> None:
    """Returns once a server has taken it. Raises BusUnreachable."""
    connection = session_bus.connect(environ)
    try:
        session_bus.ask(connection, notify_call(notice))
    finally:
        session_bus.close(connection)
