"""A proxy on loopback that stands for the whole Internet: it answers every request itself, and forwards none."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from io import BufferedIOBase
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

import trustme
from msgspec import Struct


class Request(Struct, frozen=True):
    """What a program asked, of which host; `bearer` is the token it showed."""

    host: str
    method: str
    path: str
    bearer: str
    body: bytes


class Reply(Struct, frozen=True):
    """What a request gets: JSON of `content`, or its bytes as they are; an iterator's piece by piece."""

    status: int
    content: Any
    headers: dict[str, str] = {}


Answer = Callable[[Request], Reply]


class Proxy:
    """`requests` are those that came so far, `environ` is what a program needs to use it."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.requests: list[Request] = []
        self.environ: dict[str, str] = {}

    @property
    def paths(self) -> list[str]:
        return [f"{request.method} {request.path.split('?')[0]}" for request in self.requests]


@contextmanager
def tls_proxy(folder: Path, answer: Answer) -> Iterator[Proxy]:
    """Trusted by who takes `folder`/ca.pem for an authority."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    proxy = Proxy(answer)

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            with suppress(OSError, ValueError):  # a client may leave whenever it likes
                method, target, _ = _head(self.rfile)
                if method != "CONNECT":
                    _serve(proxy, "plain", self.rfile, self.wfile, first=(method, target))
                    return
                self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                host = target.rpartition(":")[0]
                inside = context(host).wrap_socket(self.connection, server_side=True)
                with inside, inside.makefile("rb") as reads, inside.makefile("wb") as writes:
                    while _serve(proxy, host, reads, writes):
                        pass

    @lru_cache
    def context(host: str) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(host).configure_cert(made)
        return made

    class Server(ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        proxy.environ = {"HTTPS_PROXY": url, "HTTP_PROXY": url, "NODE_EXTRA_CA_CERTS": str(folder / "ca.pem")}
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()


def _head(reads: BufferedIOBase) -> tuple[str, str, dict[str, str]]:
    method, target, _ = reads.readline().decode("latin-1").split()
    headers: dict[str, str] = {}
    while line := reads.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return method, target, headers


def _serve(
    proxy: Proxy,
    host: str,
    reads: BufferedIOBase,
    writes: BufferedIOBase,
    first: tuple[str, str] | None = None,
) -> bool:
    """Whether another request may follow."""
    method, target, headers = (*first, {}) if first else _head(reads)
    body = reads.read(int(headers.get("content-length") or 0))
    request = Request(host, method, target, headers.get("authorization", "").removeprefix("Bearer "), body)
    proxy.requests.append(request)
    reply = proxy.answer(request)
    if isinstance(reply.content, Iterator):
        _send_head(writes, reply, {"Transfer-Encoding": "chunked"})
        for piece in reply.content:
            writes.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            writes.flush()
        writes.write(b"0\r\n\r\n")
    else:
        content = reply.content if isinstance(reply.content, bytes) else json.dumps(reply.content).encode()
        _send_head(writes, reply, {"Content-Length": str(len(content))})
        writes.write(content)
    writes.flush()
    return first is None


def _send_head(writes: BufferedIOBase, reply: Reply, length: dict[str, str]) -> None:
    headers = {"Content-Type": "application/json", **length, **reply.headers}
    lines = [f"HTTP/1.1 {reply.status} Said", *(f"{name}: {value}" for name, value in headers.items())]
    writes.write("\r\n".join([*lines, "", ""]).encode())
