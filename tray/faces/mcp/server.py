"""The server itself: reads lines, answers each, and calls tools beside that until the client closes its end.

Nothing but answers reaches the client: whatever else writes to stdout goes to stderr.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from threading import Lock, Thread, current_thread

from providers.domain.visible import json_text
from providers.version import VERSION
from tray.faces.mcp import protocol, tools
from tray.faces.mcp.children import Cancelled, Commands
from tray.faces.mcp.protocol import INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST, ProtocolError
from tray.view.terminal import is_terminal

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO, NoReturn

    from tray.faces.mcp.protocol import Document, Id, Notification, Request

OK = 0
LONGEST_LINE = 1 << 20
MOST_CALLS = 8
"""At once; each may have a process of its own."""
LINGER_SECONDS = 1.0
"""How long calls that were begun may still be answered once the client has closed its end."""
_FOR_AGENTS = (
    "tankful: this is a server for coding agents, which start it themselves; see `tankful mcp --help`. "
    "Press Ctrl-D to end it.\n"
)
SERVER: Document = {"name": "tankful", "title": "tankful", "version": VERSION}


def answer(arguments: list[str]) -> int | None:
    """The fast path (see `tray.cli.commands`): passes where there are any arguments."""
    return None if arguments else serve()


def serve() -> int:
    """Until stdin ends, or a signal comes."""
    if sys.stdin is None or sys.stdout is None:
        return OK
    if is_terminal(sys.stdin) and sys.stderr is not None:
        sys.stderr.write(_FOR_AGENTS)
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out:
        os.dup2(_errors(), sys.stdout.fileno())
        server = Server(out)
        signal.signal(signal.SIGTERM, _ended)
        try:
            _each_line(sys.stdin.buffer, server)
            server.linger()
        finally:
            server.close()
    return OK


def _errors() -> int:
    return sys.stderr.fileno() if sys.stderr is not None else os.open(os.devnull, os.O_WRONLY)


def _ended(_signal: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)


def _each_line(stdin: BinaryIO, server: Server) -> None:
    """A line that is too long is read to its end, and refused."""
    while line := stdin.readline(LONGEST_LINE + 1):
        is_whole = True
        while len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            is_whole, line = False, stdin.readline(LONGEST_LINE + 1)
        if not is_whole:
            server.refuse(ProtocolError(INVALID_REQUEST, f"Invalid request: over {LONGEST_LINE} bytes"))
        elif line.strip():
            server.take(line)


class Server:
    """One client. Safe to use from several threads; a client that is gone ends nothing here."""

    def __init__(
        self, out: BinaryIO, call: Callable[[str, Document, Commands], Document] = tools.call
    ) -> None:
        self._out = out
        self._tool = call
        self._writing = Lock()
        self._calls: dict[Id, Commands] = {}
        self._threads: dict[Thread, None] = {}
        self._lock = Lock()

    def take(self, line: bytes) -> None:
        """Answer a line, or begin to."""
        try:
            message = protocol.read(line)
            if message is None:
                return
            if isinstance(message, protocol.Notification):
                self._note(message)
                return
            result = protocol.answer(message, tools.definitions(), SERVER)
            if result is None:
                self._begin(message)
            else:
                self._send(protocol.response(message.id, result))
        except ProtocolError as failure:
            self.refuse(failure)

    def refuse(self, failure: ProtocolError) -> None:
        self._send(protocol.error(failure))

    def linger(self, seconds: float = LINGER_SECONDS) -> None:
        """Wait for the calls that are nearly done."""
        ends = time.monotonic() + seconds
        for thread in list(self._threads):
            thread.join(max(0.0, ends - time.monotonic()))

    def close(self) -> None:
        """End what runs."""
        with self._lock:
            for commands in self._calls.values():
                commands.cancel()

    def _note(self, message: Notification) -> None:
        if message.method == "notifications/cancelled":
            ident = message.params.get("requestId")
            with self._lock:
                commands = self._calls.get(ident) if isinstance(ident, str | int) else None
            if commands is not None:
                commands.cancel()

    def _begin(self, request: Request) -> None:
        """Raises ProtocolError."""
        name, arguments = request.params.get("name"), request.params.get("arguments")
        if not tools.is_known(name):
            raise ProtocolError(INVALID_PARAMS, f"Unknown tool: {str(name)[:80]}", request.id)
        if not isinstance(arguments, dict | None):
            raise ProtocolError(INVALID_PARAMS, "Invalid params: `arguments` must be an object", request.id)
        with self._lock:
            if request.id in self._calls:
                raise ProtocolError(INVALID_REQUEST, "Invalid request: its `id` is in use", request.id)
            if len(self._calls) >= MOST_CALLS:
                raise ProtocolError(INTERNAL_ERROR, "Too many calls at once", request.id)
            commands = self._calls[request.id] = Commands()
            work = (request, str(name), arguments or {}, commands)
            thread = Thread(target=self._call, args=work, name="mcp-call", daemon=True)
            self._threads[thread] = None
        thread.start()

    def _call(self, request: Request, name: str, arguments: Document, commands: Commands) -> None:
        message: Document | None
        try:
            result = self._tool(name, arguments, commands)
            message = protocol.response(request.id, protocol.completed(request, result, SERVER))
        except Cancelled:
            message = None
        except Exception as error:  # noqa: BLE001 - the client waits for an answer
            _report(error)
            message = protocol.error(ProtocolError(INTERNAL_ERROR, "Internal error", request.id))
        with self._lock:
            del self._calls[request.id]
        if message is not None and not commands.is_cancelled:
            self._send(message)
        self._threads.pop(current_thread(), None)

    def _send(self, message: Document) -> None:
        line = json_text(json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False))
        with self._writing:
            try:
                self._out.write(line.encode("utf-8", "replace") + b"\n")
                self._out.flush()
            except (OSError, ValueError):  # the client is gone: its stdin will end, too
                pass


def _report(error: Exception) -> None:
    """Its kind and its place, but none of its values."""
    from providers.host.faults import own_place

    if sys.stderr is not None:
        sys.stderr.write(f"tankful: internal error ({type(error).__name__} at {own_place(error)}).\n")
