"""uvicorn, as the page needs it: on a socket that is bound already, without a log, and soon at its end."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from tray.faces.page.peer import is_foreign

REQUEST_SECONDS = 10.0
"""A request is complete within that time, or its connection is closed."""
READ_SECONDS = 30.0
"""So long an answer may wait for somebody to read it: connections are few, and one who does not read keeps one."""
GRACE_SECONDS = 1
MOST_CONNECTIONS = 128
_TURNS_TO_ACCEPT = 4  # of the loop: the task that accepts, its transport, `connection_made`, and one to spare
_MOST_AT_ONCE = 96
_LARGEST_HEAD = 1 << 16


class BoundedProtocol(H11Protocol):
    """One that does not wait for ever for the rest of a request or for a reader of its answer, and knows whose the
    connection is.
    """

    _rest: asyncio.TimerHandle | None = None
    _read: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
            return
        self.app_state = {"is_foreign": is_foreign(self.client, self.server)}
        self._expect_rest()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._expect_rest()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._read = self.loop.call_later(READ_SECONDS, self._give_up)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_waiting_for_reader()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_expecting()
        self._stop_waiting_for_reader()
        super().connection_lost(exc)

    def _expect_rest(self) -> None:
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._stop_expecting()
        elif self._rest is None:
            self._rest = self.loop.call_later(REQUEST_SECONDS, self._give_up)

    def _stop_expecting(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None

    def _stop_waiting_for_reader(self) -> None:
        if self._read is not None:
            self._read.cancel()
            self._read = None

    def _give_up(self) -> None:
        self.transport.abort()


class PageServer:
    """`on_end` is called when it begins to end, from its own thread."""

    def __init__(self, app: ASGIApp, on_end: Callable[[], None] = lambda: None) -> None:
        self._server = _Server(
            uvicorn.Config(
                app,
                http=BoundedProtocol,
                ws="none",
                loop="asyncio",
                lifespan="off",
                log_config=None,
                log_level="critical",  # our own handlers log what is wrong, without an address
                access_log=False,
                proxy_headers=False,  # else anybody on this machine could say who they are
                server_header=False,
                date_header=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
                timeout_keep_alive=15,
                limit_concurrency=_MOST_AT_ONCE,
                h11_max_incomplete_event_size=_LARGEST_HEAD,
            ),
            on_end,
        )

    def run(self, listener: socket.socket, started: Callable[[], None] = lambda: None) -> None:
        """Until `stop`, or a signal in the main thread. `started` is called once it answers."""
        asyncio.run(self._server.serve_until_stopped(listener, started))

    def stop(self) -> None:
        """From any thread."""
        self._server.stop()

    @property
    def is_stopped(self) -> bool:
        return self._server.is_stopped


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_end: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_end = on_end
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped: asyncio.Event | None = None
        self.is_stopped = False
        self._started: Callable[[], None] = lambda: None

    async def serve_until_stopped(self, listener: socket.socket, started: Callable[[], None]) -> None:
        self._loop, self._stopped, self._started = asyncio.get_running_loop(), asyncio.Event(), started
        if self.is_stopped:
            self._stopped.set()
        with _signals(self.stop):
            await self._serve([listener])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accepts no more before it closes: what asyncio (3.11) has accepted when its server closes gets no
        protocol, and its socket stays open until the garbage collector finds it.
        """
        loop = asyncio.get_running_loop()
        for listener in (each for server in self.servers for each in server.sockets):
            with suppress(NotImplementedError):  # as the loop of Windows
                loop.remove_reader(listener)
        for _ in range(_TURNS_TO_ACCEPT):
            await asyncio.sleep(0)
        await super().shutdown(sockets)
        for each in list(self.server_state.connections):  # whose peer does not read the rest
            each.transport.abort()
        await asyncio.sleep(0)

    async def main_loop(self) -> None:
        """uvicorn's own wakes up ten times a second."""
        await self.on_tick(0)
        self._started()
        if self._stopped is not None:
            await self._stopped.wait()
        self._on_end()

    def stop(self) -> None:
        self.is_stopped = True
        if self._loop is not None and self._stopped is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopped.set)


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C, SIGTERM and the end of the terminal stop it; those that are ignored stay so."""
    import threading

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    known = [
        getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
    ]
    numbers = [number for number in known if signal.getsignal(number) is not signal.SIG_IGN]
    before: dict[Any, Any] = {}
    for number in numbers:
        if sys.platform == "win32":
            before[number] = signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
        else:
            loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in numbers:
            if sys.platform == "win32":
                signal.signal(number, before[number])
            else:
                loop.remove_signal_handler(number)
