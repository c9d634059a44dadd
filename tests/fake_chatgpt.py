"""A ChatGPT backend on loopback: a real HTTP server that gives one prepared answer and keeps what it was asked."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
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


def account_pages(today: date) -> dict[str, dict[str, Any]]:
    """The response of each account page, by its path below `wham`, as public code of 2026 reads them."""

    def ago(days: int) -> str:
        return (today - timedelta(days=days)).isoformat()

    return {
        "usage/credit-usage-events": {
            "data": [
                {
                    "date": f"{ago(0)}T09:30:00Z",
                    "product_surface": "cli",
                    "credit_amount": 12.5,
                    "usage_id": "use-1",
                },
                {"date": f"{ago(0)}T08:00:00Z", "product_surface": "web", "credit_amount": "2.25"},
                {
                    "date": f"{ago(1)}T22:00:00Z",
                    "product_surface": "cli",
                    "credit_amount": 40,
                    "usage_id": "use-2",
                },
                {
                    "date": f"{ago(1)}T22:10:00Z",
                    "product_surface": "cli",
                    "credit_amount": -4,
                    "usage_id": "use-3",
                },
            ]
        },
        "usage/daily-token-usage-breakdown": {
            "units": "credits",
            "group_by": "day",
            "data_freshness_ts": f"{ago(0)}T06:00:00Z",
            "data": [
                {
                    "date": ago(1),
                    "product_surface_usage_values": {
                        "cli": 36.5,
                        "desktop_app": 4,
                        "github_code_review": 1.5,
                    },
                    "models": [
                        {"model": "gpt-5.5", "speed": "standard", "credits": 30},
                        {"model": "gpt-6-sol", "speed": "fast", "credits": 12},
                    ],
                },
                {"date": ago(2), "product_surface_usage_values": {"cli": 8, "desktop_app": 0}, "models": []},
            ],
        },
        "usage/plan_limit_history": {
            "data_as_of": ago(0),
            "coverage_complete": True,
            "approximate": False,
            "periods": [
                {
                    "id": "p-1",
                    "window_minutes": 10080,
                    "plan_type": "pro",
                    "starts_at": f"{ago(9)}T10:00:00Z",
                    "ends_at": f"{ago(2)}T10:00:00Z",
                    "accounting_complete": True,
                    "used_basis_points": 8412.5,
                    "breakdowns": [
                        {"dimension": "model", "rows": [{"key": "gpt-5.5", "basis_points": 8412.5}]}
                    ],
                },
                {
                    "id": "p-2",
                    "window_minutes": 10080,
                    "plan_type": "pro",
                    "starts_at": f"{ago(2)}T10:00:00Z",
                    "ends_at": f"{ago(-5)}T10:00:00Z",
                    "accounting_complete": False,
                    "used_basis_points": 1971.5,
                },
            ],
        },
    }


class FakeChatGPT:
    """Set `answer` to what the next requests get; `requests` holds path and headers of each one so far.

    Who asks for reset credits gets `resets`, and is in `asked_resets` instead; who asks for the web app's session
    gets `session`, and is in `asked_session`; who asks for an account page gets that of `pages`, by its path below
    `wham` and without its query, and is in `asked_pages`.
    """

    def __init__(self) -> None:
        self.answer: Callable[[BaseHTTPRequestHandler], None] = says(usage())
        self.resets: Callable[[BaseHTTPRequestHandler], None] = says({"detail": "Not Found"}, 404)
        self.session: Callable[[BaseHTTPRequestHandler], None] = says({})
        self.asked_session: list[tuple[str, dict[str, str]]] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.asked_resets: list[tuple[str, dict[str, str]]] = []
        self.pages: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.asked_pages: list[tuple[str, dict[str, str]]] = []
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
            elif (page := _page(self.path)) is not None:
                asked, answer = fake.asked_pages, fake.pages.get(page, says({"detail": "Not Found"}, 404))
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


def _page(path: str) -> str | None:
    """The account page that a path asks for, as `pages` names it."""
    _, found, rest = path.partition("?")[0].partition("/wham/usage/")
    return f"usage/{rest}" if found else None


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
