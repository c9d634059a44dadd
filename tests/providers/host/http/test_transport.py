from __future__ import annotations

import gzip
import os
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import trustme
from urllib3.util import connection

from providers.domain.errors import Blocked, NotUnderstood, Offline, ProviderError, ServerError, TimedOut
from providers.host.http.deadline import Watch
from providers.host.http.origin import origin_allowed
from providers.host.http.transport import Answer, RequestsWeb, _session
from providers.host.secret import Secret
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


def test_a_proxy_never_sees_a_request_to_this_machine(
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
    with pytest.raises(Offline) as caught:
        ask(server)
    assert caught.value.reached, "the server may have got the request"


_OK = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (b"", Offline),
        (_OK + b"Content-Length: 9\r\n\r\n{", Offline),
        (_CHUNKED, Offline),
        (_CHUNKED + b"1\r\n{\r\n", Offline),
        (_CHUNKED + b"9\r\n{", Offline),
        (_CHUNKED + b"zz\r\n{", ServerError),
        (_CHUNKED + b"-5\r\n{", ServerError),
        (_CHUNKED + b"1" * 70_000, ServerError),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", ServerError),
        (b"HTTP/9.9 200 OK\r\n\r\n", ServerError),
        (_OK + b"".join(b"x%d: 1\r\n" % n for n in range(200)) + b"\r\n", ServerError),
        (_OK + b"x: " + b"y" * 70_000 + b"\r\n\r\n", ServerError),
        (_OK + b"Content-Length: 1, 2\r\n\r\n{", ServerError),
    ],
    ids=lambda each: each[-60:].decode() if isinstance(each, bytes) else None,
)
def test_what_is_no_http_is_the_servers_fault_and_a_closed_connection_is_not(
    sent: bytes, kind: type[ProviderError]
) -> None:
    def answer() -> None:
        with taker.accept()[0] as connection, suppress(OSError):
            connection.recv(1 << 16)
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1)  # to close with something unread would be a reset

    with socket.create_server(("127.0.0.1", 0)) as taker:
        server = threading.Thread(target=answer)
        server.start()
        with pytest.raises(kind):
            RequestsWeb().get(
                f"http://127.0.0.1:{taker.getsockname()[1]}/", bearer=Secret("abc"), headers={}, seconds=5
            )
        server.join()


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]  # taken until the end, so that no other program answers there
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
    with pytest.raises(NotUnderstood, match="decompress"):
        ask(server)


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:9/elsewhere",
        "https://127.0.0.1/elsewhere",
        "//evil.example/",
        "http://user@{host}/elsewhere",
        "ftp://{host}/elsewhere",
    ],
)
def test_a_redirect_to_another_origin_is_not_followed(server: FakeChatGPT, location: str) -> None:
    host = server.url.removeprefix("http://")
    server.answer = says(b"", 302, Location=location.format(host=host))
    assert ask(server).status == 302
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("whole", [False, True])
def test_a_redirect_within_the_origin_is_followed(server: FakeChatGPT, status: int, *, whole: bool) -> None:
    place = f"{server.url}/there" if whole else "there"

    def answer(handler: BaseHTTPRequestHandler) -> None:
        moved = handler.path == "/x"
        (says(b"", status, Location=place) if moved else says({"a": 1}))(handler)

    server.answer = answer
    assert (ask(server).status, ask(server).body) == (200, b'{"a": 1}')
    assert [path for path, _ in server.requests[:2]] == ["/x", "/there"]
    assert {headers["authorization"] for _, headers in server.requests} == {"Bearer abc"}


def test_redirects_in_a_circle_end(server: FakeChatGPT) -> None:
    server.answer = says(b"", 302, Location="/x")
    assert ask(server).status == 302
    assert len(server.requests) == 4


def test_the_deadline_holds_over_all_redirects(server: FakeChatGPT) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.3)
        says(b"", 302, Location="/x")(handler)

    server.answer = answer
    with pytest.raises(TimedOut):
        ask(server, seconds=0.7)
    assert len(server.requests) < 4, "it ended after the last of them"


@pytest.mark.parametrize(
    "location", ["http://[::1/", "http://a:99999999/", "https://user@/", "\x00", ""], ids=range(5)
)
def test_a_redirect_to_nowhere_is_not_looked_at(server: FakeChatGPT, location: str) -> None:
    server.answer = says(b"moved", 302, Location=location)
    answer = ask(server)
    assert (answer.status, answer.body) == (302, b"moved")


def test_a_compressed_bomb_on_a_redirect_is_refused(server: FakeChatGPT) -> None:
    bomb = gzip.compress(b" " * (200 << 20))
    server.answer = says(bomb, 302, Content_Encoding="gzip", Location="/elsewhere")
    with pytest.raises(NotUnderstood, match="larger than 1 MB"):
        ask(server)


@pytest.mark.skipif(sys.platform != "linux", reason="loopback has one address there")
def test_the_deadline_holds_over_all_addresses_of_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five that are silent: their queues are full, so nothing answers a knock."""
    with ExitStack() as open_until_the_end:
        port = 0
        places = [f"127.0.0.{n}" for n in range(11, 16)]
        for place in places:
            listening = open_until_the_end.enter_context(socket.socket())
            listening.bind((place, port))
            listening.listen(0)
            port = listening.getsockname()[1]
            for _ in range(3):
                knock = open_until_the_end.enter_context(socket.socket())
                knock.setblocking(False)
                with suppress(BlockingIOError):
                    knock.connect((place, port))
        real = socket.getaddrinfo

        def look_up(host: str, *more: object, **named: object) -> list[object]:
            found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, port)) for place in places]
            return list(found) if host == "many.test" else list(real(host, *more, **named))  # type: ignore[arg-type]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        create, waits = connection.create_connection, list[float]()

        def connect(address: tuple[str, int], timeout: float, **more: Any) -> socket.socket:
            waits.append(timeout)
            return create(address, timeout, **more)

        monkeypatch.setattr(connection, "create_connection", connect)
        with pytest.raises((Offline, TimedOut)):
            RequestsWeb().get(f"http://many.test:{port}/", bearer=Secret("abc"), headers={}, seconds=1)
        assert 0 < sum(waits) <= 1


def test_the_next_address_of_a_name_is_tried(server: FakeChatGPT, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def look_up(host: str, port: int, *more: object, **named: object) -> list[object]:
        if host != "two.test":
            return list(real(host, port, *more, **named))  # type: ignore[arg-type]
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, port))
            for place in ("127.0.0.99", "127.0.0.1")
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    url = server.url.replace("127.0.0.1", "two.test")
    answer = RequestsWeb().get(f"{url}/x", bearer=Secret("abc"), headers={}, seconds=5)
    assert answer.status == 200
    assert server.requests[0][1]["host"].startswith("two.test:")


@pytest.mark.parametrize("name", ["x" * 70 + ".test", "a..test"])
def test_a_name_that_nobody_can_have(name: str) -> None:
    with pytest.raises((Offline, NotUnderstood)):
        RequestsWeb().get(f"https://{name}/", bearer=Secret("abc"), headers={}, seconds=5)


def test_a_ca_of_ones_own_counts_on_this_machine_too(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/ca.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    url = "https://127.0.0.1:1/"
    told = _session(url).merge_environment_settings(url, {}, None, None, None)
    assert (told["verify"], dict(told["proxies"])) == ("/ca.pem", {})
    url = "https://chatgpt.com/"
    told = _session(url).merge_environment_settings(url, {}, None, None, None)
    assert (told["verify"], told["proxies"]["https"]) == ("/ca.pem", "http://127.0.0.1:9")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    assert _session("https://127.0.0.1:1/").verify is True


@pytest.fixture
def own_ca(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeChatGPT]:
    """A server whose certificate nobody trusts unless told to: `ca.pem` in the test's folder."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with fake_chatgpt(tls) as fake:
        yield fake


def test_a_certificate_that_nobody_trusts(own_ca: FakeChatGPT) -> None:
    with pytest.raises(Blocked, match="not trusted"):
        ask(own_ca)
    assert own_ca.requests == []


def test_a_certificate_of_a_ca_of_ones_own(
    own_ca: FakeChatGPT, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    assert ask(own_ca).status == 200
    plain = own_ca.url.replace("https:", "http:")
    own_ca.answer = says(b"", 302, Location=f"{plain}/x")
    assert ask(own_ca).status == 302
    assert len(own_ca.requests) == 2


@pytest.mark.parametrize(
    ("greeting", "kind", "words"),
    [(b"", Offline, "No connection"), (b"HTTP/1.1 302 Found\r\n\r\n", Blocked, "TLS handshake failed")],
    ids=["hangs up", "portal"],
)
def test_a_handshake_that_fails_is_no_matter_of_certificates(
    greeting: bytes, kind: type[ProviderError], words: str
) -> None:
    def answer() -> None:
        with suppress(OSError), listening.accept()[0] as caller:
            caller.recv(4096)
            caller.sendall(greeting)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(5)
        thread = threading.Thread(target=answer)
        thread.start()
        url = f"https://127.0.0.1:{listening.getsockname()[1]}/x"
        with pytest.raises(kind, match=words):
            RequestsWeb().get(url, bearer=Secret("abc"), headers={}, seconds=5)
        thread.join()


@pytest.mark.parametrize("alive", [False, True])
def test_a_proxy_that_does_not_serve(
    server: FakeChatGPT, monkeypatch: pytest.MonkeyPatch, *, alive: bool
) -> None:
    """It never sees the token: that travels inside of the tunnel it does not open."""
    for name in ("NO_PROXY", "no_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", server.url if alive else "http://127.0.0.1:9")
    with pytest.raises(Offline, match="proxy"):
        RequestsWeb().get("https://chatgpt.test/x", bearer=Secret("abc"), headers={}, seconds=5)
    assert server.requests == []


def test_a_connection_that_cannot_be_watched_is_closed() -> None:
    class Unwatchable(socket.socket):
        def dup(self) -> Unwatchable:
            raise OSError(24, "Too many open files")

    connection = Unwatchable()
    with Watch(5) as watch, pytest.raises(OSError, match="Too many"):
        watch.add(connection)
    assert (connection.fileno(), watch.connected) == (-1, False)


@pytest.mark.parametrize(
    "address",
    [
        "socks6://127.0.0.1:9",
        "socks5://",
        "socks5://u:hunter2@",
        "http://u:hunter2@",
        "http://u:hun/ter2@h:1",
        "socks5://h:x",
        "ftp://127.0.0.1:9",
        "http://[::1",
        ":::",
    ],
)
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY"])
def test_a_proxy_that_is_none_is_no_fault_of_the_server(
    monkeypatch: pytest.MonkeyPatch, name: str, address: str
) -> None:
    """Else its program would be started in its stead."""
    for other in ("HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, address)
    with pytest.raises(Offline, match="proxy") as caught:
        RequestsWeb().get("https://chatgpt.test/x", bearer=Secret("abc"), headers={}, seconds=5)
    assert "socks5h://" in caught.value.remedy
    assert "ter2" not in caught.value.message + caught.value.remedy


def test_a_ca_bundle_that_is_not_there(own_ca: FakeChatGPT, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    with pytest.raises(Offline, match="CA bundle") as caught:
        ask(own_ca)
    assert caught.value.remedy == "Correct REQUESTS_CA_BUNDLE."


def sockets_to(port: int) -> int:
    """How many of this process's descriptors are connections to a port of this machine."""
    found = 0
    for name in os.listdir("/dev/fd"):
        with suppress(OSError), socket.socket(fileno=os.dup(int(name))) as held:
            found += held.getpeername()[1] == port
    return found


@pytest.mark.skipif(not os.path.isdir("/dev/fd"), reason="no list of open descriptors")
@pytest.mark.parametrize("answer", [says({}), drips(30), breaks_off], ids=["whole", "slow", "broken"])
def test_no_thread_and_no_socket_outlives_a_call(
    server: FakeChatGPT, answer: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    port = int(server.url.rpartition(":")[2])
    during: list[int] = []

    def watched(handler: BaseHTTPRequestHandler) -> None:
        during.append(sockets_to(port))
        answer(handler)

    server.answer = watched
    with suppress(Offline, TimedOut):
        ask(server, seconds=0.5)
    assert during[0] > 0
    assert sockets_to(port) == 0
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
