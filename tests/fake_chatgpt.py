"""A ChatGPT backend on loopback: a real HTTP server that gives one prepared answer and keeps what it was asked."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SESSION, WEEK = 18_000, 604_800


def window(used: float, seconds: int = SESSION, reset_at: int = 1_795_190_400) -> dict[str, Any]:
    return {
        "used_percent": used,
        "limit_window_seconds": seconds,
        "reset_after_seconds": 60,
        "reset_at": reset_at,
    }


def usage(**changes: Any) -> dict[str, Any]:
    """The response of the endpoint for a Pro account; `changes` replace its members."""
    return {
        "plan_type": "pro",
        "email": "dev@example.com",
        "account_id": "user-1",
        "user_id": "user-1",
        "rate_limit": {
            "allowed": True,
            "limit_reached": False,
            "primary_window": window(37.0),
            "secondary_window": window(62.0, WEEK, 1_795_460_400),
        },
        "credits": {"has_credits": True, "unlimited": False, "balance": "150.5"},
    } | changes


def usage_now(**changes: Any) -> dict[str, Any]:
    """The same by the real clock: both windows have some time to go, whenever the test runs."""
    now = int(time.time())
    limits = {
        "primary_window": window(37.0, SESSION, now + 5_340),
        "secondary_window": window(62.0, WEEK, now + 198_000),
    }
    return usage(rate_limit={"allowed": True, "limit_reached": False} | limits) | changes


class FakeChatGPT:
    """Set `answer` to what the next requests get; `requests` holds path and headers of each one so far.

    Who asks for reset credits gets `resets`, and is in `asked_resets` instead; who asks for the web app's session
    gets `session`, and is in `asked_session`.
    """

    def __init__(self) -> None:
        self.answer: Callable[[BaseHTTPRequestHandler], None] = says(usage())
        self.resets: Callable[[BaseHTTPRequestHandler], None] = says({"detail": "Not Found"}, 404)
        self.session: Callable[[BaseHTTPRequestHandler], None] = says({})
        self.asked_session: list[tuple[str, dict[str, str]]] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.asked_resets: list[tuple[str, dict[str, str]]] = []
        self.url = ""

    @property
    def base(self) -> str:
        return f"{self.url}/backend-api"


@contextmanager
def fake_chatgpt(tls: ssl.SSLContext | None = None) -> Iterator[FakeChatGPT]:
    """With `tls` it speaks https."""
    fake = FakeChatGPT()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked, answer = fake.requests, fake.answer
            if self.path.endswith("/rate-limit-reset-credits"):
                asked, answer = fake.asked_resets, fake.resets
            elif self.path.endswith("/api/auth/session"):
                asked, answer = fake.asked_session, fake.session
            asked.append((self.path, headers))
            with suppress(OSError):  # the client may leave before we are done
                answer(self)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            pass  # a client that leaves is part of the tests

    server = Server(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_port}"
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        fake.url = fake.url.replace("http:", "https:")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def says(
    content: object, status: int = 200, *, kind: str = "application/json", **headers: str
) -> Callable[[BaseHTTPRequestHandler], None]:
    """A whole answer: JSON of `content`, or its bytes as they are. Header names take `_` for `-`."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def drips(seconds: float, *, headers: bool = False) -> Callable[[BaseHTTPRequestHandler], None]:
    """A byte now and then, never the whole: as a body, or already as headers."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if headers:
            handler.wfile.write(b"HTTP/1.0 200 OK\r\nX-Slow: ")
        else:
            handler.send_response(200)
            handler.end_headers()
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)

    return answer


def breaks_off(handler: BaseHTTPRequestHandler) -> None:
    """Half an answer, then nothing."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"plan_type":')


def waits_for(done: threading.Event) -> Callable[[BaseHTTPRequestHandler], None]:
    """Silence, until the test is done."""

    def answer(_: BaseHTTPRequestHandler) -> None:
        done.wait(30)

    return answer
