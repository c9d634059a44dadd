from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from providers.errors import NotUnderstood, Offline, TimedOut
from providers.outside.http import Answer, RequestsWeb, Secret, origin_allowed
from tests.fake_chatgpt import FakeChatGPT, breaks_off, drips, fake_chatgpt, says, waits_for


@pytest.fixture
def server() -> Iterator[FakeChatGPT]:
    with fake_chatgpt() as fake:
        yield fake


def ask(server: FakeChatGPT, seconds: float = 5.0) -> Answer:
    return RequestsWeb().get(
        f"{server.url}/x", bearer=Secret("abc"), headers={"Accept": "application/json"}, seconds=seconds
    )


def test_a_whole_answer(server: FakeChatGPT) -> None:
    server.answer = says({"a": 1}, 418, X_Hello="there")
    answer = ask(server)
    assert (answer.status, answer.body, answer.headers["x-hello"]) == (418, b'{"a": 1}', "there")
    assert server.requests[0][1]["authorization"] == "Bearer abc"


def test_a_netrc_entry_does_not_replace_the_login(
    server: FakeChatGPT, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    ask(server)
    assert server.requests[0][1]["authorization"] == "Bearer abc"


def test_a_proxy_never_sees_what_is_said_to_this_machine(
    server: FakeChatGPT, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert ask(server).status == 200


@pytest.mark.parametrize("answer", [drips(30), drips(30, headers=True)], ids=["body", "headers"])
def test_a_dripping_server_ends_at_the_deadline(
    server: FakeChatGPT, answer: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    server.answer = answer
    began = time.monotonic()
    with pytest.raises(TimedOut):
        ask(server, seconds=0.5)
    assert time.monotonic() - began < 5


def test_a_silent_server_ends_at_the_deadline(server: FakeChatGPT) -> None:
    done = threading.Event()
    server.answer = waits_for(done)
    with pytest.raises(TimedOut):
        ask(server, seconds=0.5)
    done.set()


def test_an_answer_that_breaks_off_is_a_lost_connection(server: FakeChatGPT) -> None:
    server.answer = breaks_off
    with pytest.raises(Offline):
        ask(server)


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Offline):
        RequestsWeb().get(f"http://127.0.0.1:{port}/", bearer=Secret("abc"), headers={}, seconds=2)


def test_too_large_an_answer_is_refused(server: FakeChatGPT) -> None:
    server.answer = says(b" " * (2 << 20))
    with pytest.raises(NotUnderstood, match="larger than 1 MB"):
        ask(server)


def test_a_compressed_bomb_is_refused(server: FakeChatGPT) -> None:
    server.answer = says(gzip.compress(b" " * (200 << 20)), Content_Encoding="gzip")
    with pytest.raises(NotUnderstood, match="larger than 1 MB"):
        ask(server)


def test_what_says_to_be_compressed_and_is_not(server: FakeChatGPT) -> None:
    server.answer = says(b"plain", Content_Encoding="gzip")
    with pytest.raises(NotUnderstood, match="unpacked"):
        ask(server)


def test_a_redirect_is_not_followed(server: FakeChatGPT) -> None:
    server.answer = says(b"", 302, Location="http://127.0.0.1:9/elsewhere")
    assert ask(server).status == 302
    assert len(server.requests) == 1


def test_no_thread_and_no_socket_outlives_a_call(server: FakeChatGPT) -> None:
    ask(server)
    assert not any(isinstance(thread, threading.Timer) for thread in threading.enumerate())


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://chatgpt.com/backend-api", True),
        ("http://127.0.0.1:8080/backend-api", True),
        ("http://localhost", True),
        ("http://[::1]:1/x", True),
        ("http://chatgpt.com", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://127.0.0.1@evil.example", False),
        ("https://user:word@chatgpt.com", False),
        ("ftp://127.0.0.1", False),
        ("//chatgpt.com", False),
        ("https://", False),
        ("https://[broken", False),
        ("https://host:port", False),
        ("", False),
    ],
)
def test_where_a_token_may_be_sent(url: str, *, allowed: bool) -> None:
    assert origin_allowed(url) is allowed


def test_a_secret_shows_nothing() -> None:
    secret = Secret("abc")
    assert "abc" not in f"{secret} {secret!r}"
    assert Secret("a\nb").sendable() is False
