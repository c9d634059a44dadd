"""The server ends without leaving anything open, whoever is about to connect."""

from __future__ import annotations

import gc
import socket
import sys
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tray.faces.page.server import PageServer

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

ROUNDS, ENOUGH = 8, 60


async def _answer(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


def _connect(port: int, stack: ExitStack, enough: threading.Event) -> None:
    """Again and again, with a request on every third, until nobody listens any more."""
    for number in range(10_000):
        try:
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
            if number % 3 == 0:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        except OSError:
            return
        if number > ENOUGH:
            enough.set()
        if number > 4 * ENOUGH:
            return


def test_connections_that_arrive_as_it_ends_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    left_open: list[str] = []
    gc.collect()  # what others left is not ours
    monkeypatch.setattr(sys, "unraisablehook", lambda found: left_open.append(repr(found.exc_value)))
    for _ in range(ROUNDS):
        with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as stack:
            server, enough, started = PageServer(_answer), threading.Event(), threading.Event()
            served = threading.Thread(target=server.run, args=(listener, started.set))
            served.start()
            assert started.wait(30)
            port = listener.getsockname()[1]
            person = threading.Thread(target=_connect, args=(port, stack, enough))
            person.start()
            assert enough.wait(30)
            server.stop()
            served.join(30)
            person.join(30)
            assert not served.is_alive()
            assert not person.is_alive()
        del server, served
        gc.collect()
    assert left_open == []
