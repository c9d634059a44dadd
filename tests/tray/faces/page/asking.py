"""Requests for the page: to its app alone, or to a server by raw sockets, which send what no library would."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from urllib.parse import unquote

from msgspec import Struct
from starlette.types import ASGIApp, Message

from providers.domain.live import LiveSession
from providers.host.files import Folders
from tests.homes import NOW
from tray.engine.costs import Costs
from tray.engine.live.feed import SessionFeed
from tray.engine.scope import Scope
from tray.faces.page.place import PagePlace, listen
from tray.faces.page.service import PageService

Headers = Sequence[tuple[str, str]]


class Answer(Struct, frozen=True):
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for each, value in self.headers if each.lower() == name), None)

    @property
    def text(self) -> str:
        return self.body.decode()


def asked_of(
    app: ASGIApp, method: str, target: str, headers: Headers, body: bytes = b"", state: object = None
) -> Answer:
    """The whole answer of an app, with no server between."""
    path, _, query = target.partition("?")
    given = [body]
    sent: list[Message] = []

    async def receive() -> Message:
        if given:
            return {"type": "http.request", "body": given.pop(), "more_body": False}
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
        "state": state or {},
    }
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    start = sent[0]
    return Answer(
        start["status"],
        tuple((name.decode(), value.decode()) for name, value in start["headers"]),
        b"".join(message.get("body", b"") for message in sent[1:]),
    )


def scope_in(folder: Path, **homes: str) -> Scope:
    """Of a person whose home is this folder; `homes` are variables of the environment."""
    empty = {"CODEX_HOME": str(folder / "codex"), "CLAUDE_CONFIG_DIR": str(folder / "claude")}
    folders = Folders(settings=folder, state=folder / "state", cache=folder / "cache")
    return Scope({"HOME": str(folder), **empty, **homes}, folders, NOW.tzinfo, clock=lambda: NOW)  # type: ignore[arg-type]


@contextmanager
def served(
    scope: Scope,
    costs: Costs | None = None,
    host: str = "127.0.0.1",
    *,
    feed: SessionFeed | None = None,
    bring_to_front: Callable[[LiveSession], str] | None = None,
) -> Iterator[PageService]:
    """A server that answers, at a port of its own."""
    service = PageService(
        scope,
        costs or Costs(scope),
        listen(PagePlace(host, 0)),
        feed=feed,
        bring_to_front=bring_to_front,
        watches=False,
    )
    begun = Event()
    thread = Thread(target=service.run, args=(begun.set,), daemon=True)
    thread.start()
    assert begun.wait(10)
    try:
        yield service
    finally:
        service.stop()
        thread.join(10)
        assert not thread.is_alive()


def exchanged(place: PagePlace, raw: bytes, seconds: float = 10) -> bytes:
    """All that a server answers to these bytes until it closes the connection."""
    with socket.create_connection((place.host, place.port), seconds) as connection:
        connection.sendall(raw)
        parts = []
        try:
            while part := connection.recv(1 << 16):
                parts.append(part)
        except ConnectionResetError:  # it closed without reading all of ours
            pass
        return b"".join(parts)


def request(
    service: PageService,
    method: str,
    target: str,
    headers: Headers = (),
    body: bytes = b"",
    *,
    cookie: bool = True,
) -> Answer:
    """As a browser that was let in; without the cookie as one that was not."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {service.place.netloc}", "Connection: close"]
    if cookie:
        lines.append(f"Cookie: {service.passes.set_cookie.partition(';')[0]}")
    lines += [f"{name}: {value}" for name, value in headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return parsed(exchanged(service.place, "\r\n".join([*lines, "", ""]).encode() + body))


def parsed(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = [tuple(line.split(": ", 1)) for line in lines]
    return Answer(int(first.split()[1]), tuple((name.lower(), value) for name, value in headers), body)


def posted(service: PageService, name: str, fields: str = "", *headers: tuple[str, str]) -> Answer:
    """A form of the page."""
    given = headers or (("Origin", service.place.origin),)
    form = ("Content-Type", "application/x-www-form-urlencoded")
    return request(service, "POST", f"/do/{name}", [form, *given], fields.encode() or b"back=%2F")
