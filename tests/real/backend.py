"""A ChatGPT on loopback for real CLIs: the usage endpoint, and a token endpoint that rotates its tokens."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.homes import auth

SPARK = {"limit_name": "GPT-5.3-Codex-Spark", "metered_feature": "codex_bengalfox"}


def usage() -> dict[str, Any]:
    """In whole numbers and with every member: real CLIs refuse the whole answer for one that they miss."""
    session = {"used_percent": 37, "limit_window_seconds": 18_000, "reset_after_seconds": 60}
    week = {"used_percent": 62, "limit_window_seconds": 604_800, "reset_after_seconds": 60}
    limit = {
        "allowed": True,
        "limit_reached": False,
        "primary_window": session | {"reset_at": 1_795_200_000},
        "secondary_window": week | {"reset_at": 1_795_460_400},
    }
    spark = limit | {"secondary_window": None}
    return {
        "plan_type": "pro",
        "email": "dev@example.com",
        "account_id": "user-1",
        "user_id": "user-1",
        "rate_limit": limit,
        "credits": {"has_credits": True, "unlimited": False, "balance": "150.5"},
        "additional_rate_limits": [SPARK | {"rate_limit": spark}],
    }


def thread_usage(thread: str, groups: list[dict[str, Any]], usd_micros: int | None = None) -> dict[str, Any]:
    """What it counted of a thread, by model, effort and speed; the real CLI refuses the whole answer for a thread
    without an id, credits or groups, or for a group without credits.
    """
    spent = "estimated_usage_credits_micros"
    return {
        "thread_id": thread,
        spent: 40 * len(groups),
        "estimated_usage_usd_micros": usd_micros,
        "native_usage_usd_micros": None,
        "groups": [{spent: 40, "speed": "standard"} | group for group in groups],
    }


class Backend:
    """`requests` are the paths asked so far; `refreshes` the refresh tokens that came, `reused` those that were
    no good any more. While `silent` is set the usage endpoint says nothing. `threads` is what it counted of each
    thread, and `asked_threads` are those that it was asked for; `refuses_threads` is the status that these get.
    """

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.refreshes: list[str] = []
        self.reused: list[str] = []
        self.threads: dict[str, dict[str, Any]] = {}
        self.asked_threads: list[str] = []
        self.refuses_threads: int | None = None
        self.days: list[dict[str, Any]] = [{"start_date": "2026-11-20", "tokens": 5000}]
        self.silent = threading.Event()
        self.done = threading.Event()
        self.url = ""
        self.tokens: dict[str, Any] = auth()["tokens"]
        self._lock = threading.Lock()

    @property
    def base(self) -> str:
        return f"{self.url}/backend-api"

    @property
    def environ(self) -> dict[str, str]:
        """The way of a CLI to this backend, and to nothing else."""
        dead = "http://127.0.0.1:9"
        return {
            "CODEX_REFRESH_TOKEN_URL_OVERRIDE": f"{self.url}/oauth/token",
            "HTTP_PROXY": dead,
            "HTTPS_PROXY": dead,
            "NO_PROXY": "127.0.0.1,localhost",
        }

    def get(self, path: str, token: str) -> tuple[int, object]:
        if path.endswith("/wham/usage"):
            if self.silent.is_set():
                self.done.wait(60)
            return (200, usage()) if token in self.good else (401, {"detail": "expired"})
        if path.endswith("/wham/profiles/me"):
            return 200, {"stats": {"daily_usage_buckets": self.days}}
        return 404, {}

    @property
    def good(self) -> set[str]:
        return {self.tokens["access_token"]}

    def post(self, path: str, body: dict[str, Any], token: str = "") -> tuple[int, object]:
        if path.endswith("/wham/usage/thread_usage/query"):
            self.asked_threads += body["thread_ids"]
            if self.refuses_threads is not None or token not in self.good:
                return self.refuses_threads or 401, {"detail": "refused"}
            return 200, {
                "threads": [self.threads[each] for each in body["thread_ids"] if each in self.threads]
            }
        if not path.endswith("/oauth/token"):
            return 404, {}
        sent = body.get("refresh_token", "")
        with self._lock:
            self.refreshes.append(sent)
            if sent != self.tokens["refresh_token"]:
                self.reused.append(sent)
                return 401, {"error": {"code": "refresh_token_reused", "message": "already used"}}
            number = len(self.refreshes)
            fresh = auth()["tokens"]
            self.tokens = {
                "id_token": fresh["id_token"],
                "access_token": f"{fresh['access_token']}-{number}",
                "refresh_token": f"refresh-{number}",
            }
            return 200, self.tokens


@contextmanager
def backend() -> Iterator[Backend]:
    made = Backend()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.requests.append(self.path)
            token = self.headers.get("authorization", "").removeprefix("Bearer ")
            self.say(*made.get(self.path, token))

        def do_POST(self) -> None:
            made.requests.append(self.path)
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            try:
                sent = json.loads(body)
            except ValueError:
                sent = {}
            token = self.headers.get("authorization", "").removeprefix("Bearer ")
            self.say(*made.post(self.path, sent, token))

        def say(self, status: int, content: object) -> None:
            body = json.dumps(content).encode()
            with suppress(OSError):
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            pass  # a client that is killed is part of the tests

    server = Server(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        made.done.set()
        server.shutdown()
        thread.join()
        server.server_close()
