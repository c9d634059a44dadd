"""A real SOCKS proxy and a real https server, both on loopback; the server's name is known to the proxy alone."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import trustme

from providers.domain.errors import Offline
from providers.host.http.through_socks import SocksProxy, is_proxy, socks_proxy
from providers.host.http.transport import Answer, RequestsWeb
from providers.host.secret import Secret
from tests.fake_chatgpt import FakeChatGPT, fake_chatgpt
from tests.fake_socks import FakeSocks, fake_socks
from tests.programs import printed_by

NAME = "chatgpt.test"
_PROXIES = ("HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeChatGPT]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(NAME).configure_cert(context)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    for name in (*_PROXIES, *map(str.lower, _PROXIES)):
        monkeypatch.delenv(name, raising=False)
    with fake_chatgpt(context) as fake:
        yield fake


@pytest.fixture
def proxy(server: FakeChatGPT) -> Iterator[FakeSocks]:
    with fake_socks(int(server.url.rpartition(":")[2])) as fake:
        yield fake


def ask(seconds: float = 5.0) -> Answer:
    return RequestsWeb().get(f"https://{NAME}/x", bearer=Secret("abc"), headers={}, seconds=seconds)


def knows_name(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """This machine resolves the name, to an address that is nobody's; the list is of the names it resolved."""
    resolved: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *args: object, **kwargs: object) -> object:
        if host != NAME:
            return real(host, port, *args, **kwargs)  # type: ignore[arg-type]
        resolved.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "gethostbyname", lambda host: resolve(host, 0)[0][4][0])  # type: ignore[index]
    return resolved


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("scheme", ["socks5h", "SOCKS5H", "socks", "socks4a"])
def test_the_proxy_resolves_the_name(
    server: FakeChatGPT, proxy: FakeSocks, monkeypatch: pytest.MonkeyPatch, scheme: str, variable: str
) -> None:
    resolved = knows_name(monkeypatch)
    monkeypatch.setenv(variable, f"{scheme}://127.0.0.1:{proxy.port}")
    assert ask().status == 200
    assert (proxy.asked, resolved) == ([(NAME, 443)], [])
    assert server.requests[0][1]["authorization"] == "Bearer abc"


@pytest.mark.parametrize("scheme", ["socks5", "socks4"])
def test_this_machine_resolves_the_name(
    proxy: FakeSocks, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    resolved = knows_name(monkeypatch)
    monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://127.0.0.1:{proxy.port}")
    assert ask().status == 200
    assert (proxy.asked, resolved) == ([("192.0.2.7", 443)], [NAME])


def test_a_name_and_a_password(proxy: FakeSocks, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy.login = ("me@work", "p:w/d")
    monkeypatch.setenv("HTTPS_PROXY", f"socks5h://me%40work:p%3Aw%2Fd@127.0.0.1:{proxy.port}")
    assert ask().status == 200
    for wrong in ("me%40work:no@", ""):
        monkeypatch.setenv("HTTPS_PROXY", f"socks5h://{wrong}127.0.0.1:{proxy.port}")
        with pytest.raises(Offline) as caught:
            ask()
        assert caught.value.message == (
            f"The proxy 127.0.0.1:{proxy.port} requires a valid user name and password."
        )


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (1, "The proxy {} refused the connection."),
        (2, "The proxy {} refused the connection."),
        (4, "The proxy {} could not reach the server."),
        (5, "The proxy {} could not reach the server."),
    ],
    ids=["failure", "not allowed", "host unreachable", "connection refused"],
)
def test_a_proxy_that_refuses(
    proxy: FakeSocks, monkeypatch: pytest.MonkeyPatch, reply: int, message: str
) -> None:
    proxy.reply = reply
    monkeypatch.setenv("ALL_PROXY", f"socks5h://127.0.0.1:{proxy.port}")
    with pytest.raises(Offline) as caught:
        ask()
    assert caught.value.message == message.format(f"127.0.0.1:{proxy.port}")


@pytest.mark.parametrize("scheme", ["socks5h", "socks4a", "http"])
def test_a_proxy_that_hangs_is_named(proxy: FakeSocks, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    proxy.silent.set()
    monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://me:secret@127.0.0.1:{proxy.port}")
    with pytest.raises(Offline) as caught:
        ask(0.5)
    assert caught.value.message == f"The proxy 127.0.0.1:{proxy.port} does not answer."
    assert caught.value.remedy == "Check HTTPS_PROXY, ALL_PROXY and NO_PROXY."
    assert not any(isinstance(thread, threading.Timer) for thread in threading.enumerate())


@pytest.mark.parametrize("scheme", ["socks5h", "socks5", "http"])
def test_a_proxy_that_is_not_there_is_named(
    server: FakeChatGPT, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://127.0.0.1:9")
    with pytest.raises(Offline) as caught:
        ask()
    assert caught.value.message == "Cannot reach the proxy 127.0.0.1:9."


@pytest.mark.parametrize("greeting", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"], ids=["hangs up", "http"])
@pytest.mark.parametrize("scheme", ["socks5h", "socks4a", "http"])
def test_what_is_no_such_proxy_refuses(
    server: FakeChatGPT, monkeypatch: pytest.MonkeyPatch, scheme: str, greeting: bytes
) -> None:
    def answer() -> None:
        with suppress(OSError), taker.accept()[0] as caller:
            caller.recv(1 << 16)
            caller.sendall(greeting)

    with socket.create_server(("127.0.0.1", 0)) as taker:
        taker.settimeout(5)
        thread = threading.Thread(target=answer)
        thread.start()
        port = taker.getsockname()[1]
        monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://127.0.0.1:{port}")
        with pytest.raises(Offline) as caught:
            ask()
        thread.join()
    assert caught.value.message == f"The proxy 127.0.0.1:{port} refused the connection."


def test_a_name_that_this_machine_does_not_know(proxy: FakeSocks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"socks5://127.0.0.1:{proxy.port}")

    def unknown(host: str, *args: object, **kwargs: object) -> object:
        if host == NAME:
            raise socket.gaierror(-2, "Name or service not known")
        return real(host, *args, **kwargs)  # type: ignore[arg-type]

    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Offline, match="cannot be resolved on this machine") as caught:
        ask()
    assert "socks5h://" in caught.value.remedy


@pytest.mark.parametrize(
    ("address", "proxy"),
    [
        ("socks5://h", SocksProxy(version=5, resolves=False, host="h", port=1080)),
        ("socks5h://[::1]:1", SocksProxy(version=5, resolves=True, host="::1", port=1)),
        (
            "socks4a://a:b@h:1/",
            SocksProxy(version=4, resolves=True, host="h", port=1, user="a", password="b"),
        ),
        ("http://h:1", None),
        ("socks6://h:1", None),
    ],
)
def test_addresses(address: str, proxy: SocksProxy | None) -> None:
    assert socks_proxy(address) == proxy


@pytest.mark.parametrize(
    ("address", "usable"),
    [
        ("http://h:1", True),
        ("h:1", True),
        ("socks://h:1080/", True),
        ("SOCKS5h://h", True),
        ("socks6://h", False),
        ("ftp://h", False),
        ("socks5://", False),
        ("http://h:x", False),
    ],
)
def test_which_addresses_are_of_a_proxy(address: str, *, usable: bool) -> None:
    assert is_proxy(address) is usable


def test_the_library_is_loaded_for_such_a_proxy_alone() -> None:
    """And so is what requests would load for it."""
    program = """
import os, sys
from providers.domain.errors import Offline
from providers.host.http.transport import RequestsWeb
from providers.host.secret import Secret
for proxy in ("http://127.0.0.1:9", "socks5h://127.0.0.1:9"):
    os.environ["HTTPS_PROXY"] = proxy
    try:
        RequestsWeb().get("https://chatgpt.test/", bearer=Secret("x"), headers={}, seconds=5)
    except Offline:
        print([name for name in ("socks", "urllib3.contrib.socks") if name in sys.modules])
"""
    assert printed_by(program) == "[]\n['socks']\n"
