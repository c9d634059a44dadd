"""JSON-RPC with a program over its stdin and stdout: one object a line.

Responses may come in any order, mixed with notifications and requests from the program. Its requests are always
rejected: nothing is ever approved. What is not a message (a log line, a truncated or an overlong one) is skipped;
whoever waits for that response waits until the deadline.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from providers.domain.errors import TimedOut
from providers.host.process.streams import Chunk

LINE_LIMIT = 1 << 20
METHOD_NOT_FOUND = -32601


class RpcRefused(Exception):
    """The program responded with an error. Its `message` may quote anything: classify it, never show it."""

    def __init__(self, code: int | None, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class Ended(Exception):
    """The program exited, or closed its output, before it responded."""


class Speaker(Protocol):
    """The running program: what `providers.host.process.child.Child` is."""

    @property
    def open(self) -> bool: ...

    def write(self, data: bytes) -> None: ...

    def next(self, seconds: float) -> Chunk | None: ...


class Conversation:
    """One conversation with one program; `seconds` is the clock for its deadlines."""

    def __init__(self, speaker: Speaker, seconds: Callable[[], float] = time.monotonic) -> None:
        self._speaker = speaker
        self._seconds = seconds
        self._asked = 0
        self._waiting: set[int] = set()
        self._answers: dict[int, dict[str, Any]] = {}
        self._line = bytearray()
        self._overlong = False

    def notify(self, method: str) -> None:
        """Raises Ended if the program no longer reads."""
        self._send({"method": method})

    def ask(self, method: str, params: dict[str, Any] | None = None) -> int:
        """Send a request without waiting; pass the returned id to `answer`. Raises Ended."""
        self._asked += 1
        self._waiting.add(self._asked)
        request: dict[str, Any] = {"id": self._asked, "method": method}
        self._send(request if params is None else request | {"params": params})
        return self._asked

    def answer(self, asked: int, until: float) -> Any:
        """The result, by `until`; raises TimedOut, Ended, or RpcRefused for an error response."""
        while asked not in self._answers:
            left = until - self._seconds()
            if left <= 0:
                raise TimedOut("The program did not respond in time.")
            if not self._speaker.open:
                raise Ended
            chunk = self._speaker.next(left)
            if chunk is not None:
                self._take(chunk[1])
        return _result(self._answers.pop(asked))

    def _take(self, data: bytes) -> None:
        *whole, rest = data.split(b"\n")
        for part in whole:
            self._grow(part)
            if not self._overlong:
                self._handle(bytes(self._line))
            self._line.clear()
            self._overlong = False
        self._grow(rest)

    def _grow(self, part: bytes) -> None:
        if len(self._line) + len(part) > LINE_LIMIT:
            self._overlong = True
            self._line.clear()
        if not self._overlong:
            self._line += part

    def _handle(self, line: bytes) -> None:
        try:
            message = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        if not isinstance(message, dict):
            return
        number = message.get("id")
        if "method" in message:
            if number is not None:
                self._reject(number)
        elif type(number) is int and number in self._waiting:  # `True` and `1.0` would be 1 as well
            self._waiting.remove(number)
            self._answers[number] = message

    def _reject(self, number: Any) -> None:
        error = {"code": METHOD_NOT_FOUND, "message": "Method not found"}
        try:
            self._send({"id": number, "error": error})
        except Ended:
            return  # it is noticed while waiting for the response

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._speaker.write(msgspec.json.encode(message) + b"\n")
        except OSError:
            raise Ended from None


def _result(message: dict[str, Any]) -> Any:
    error = message.get("error")
    if error is None:
        return message.get("result")
    about = error if isinstance(error, dict) else {}
    code, text = about.get("code"), about.get("message")
    raise RpcRefused(code if type(code) is int else None, text if isinstance(text, str) else "")
