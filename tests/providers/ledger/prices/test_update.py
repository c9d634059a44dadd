"""`tankful prices update` against a server on this machine."""

from __future__ import annotations

import gzip
import json
import os
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from providers.domain.cost import TokenUsage
from providers.domain.errors import (
    Blocked,
    NotUnderstood,
    Offline,
    ProviderError,
    RateLimited,
    ServerError,
    TimedOut,
)
from providers.host.http.transport import Answer as Response
from providers.host.http.transport import RequestsWeb
from providers.ledger.prices.load import FETCHED_LIMIT, load_rates
from providers.ledger.prices.pricing import UNREADABLE, Rates
from providers.ledger.prices.update import URL, Update, update
from tests.fake_chatgpt import FakeChatGPT, breaks_off, drips, fake_chatgpt, says, waits_for
from tests.providers.ledger.prices.published_list import model, published
from tests.providers.ledger.prices.sample import price
from tools.make_rates import RATES

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
MILLION = TokenUsage(input_tokens=1_000_000)
Answer = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def server() -> Iterator[FakeChatGPT]:
    with fake_chatgpt() as fake:
        fake.answer = says(published(), kind="text/plain; charset=utf-8")
        yield fake


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "state/prices.json"


def fetch(server: FakeChatGPT, target: Path, seconds: float = 5.0) -> Update:
    web = RequestsWeb()
    return update(
        target,
        load_rates(None, target),
        NOW,
        url=f"{server.url}/data.json",
        download=lambda url: web.download(url, seconds=seconds, limit=FETCHED_LIMIT),
    )


def test_what_was_fetched_applies_and_what_it_lacks_stays(server: FakeChatGPT, target: Path) -> None:
    before = load_rates(None, target)
    assert before.used("gpt-9-foo", NOW) is None
    done = fetch(server, target)
    assert (done.models, done.new, done.omitted) == (2, ("claude-opus-9", "gpt-9-foo"), ())
    assert "gpt-5.5" in done.lacking
    rates = load_rates(None, target)
    assert rates.fingerprint != before.fingerprint
    assert price(rates, "gpt-9-foo", MILLION, NOW) == 8
    assert price(rates, "gpt-5.5", MILLION, NOW) == 10
    assert price(rates, "gpt-6.2-sol", MILLION, NOW) == 4
    origins = [used.origin for name in ("gpt-9-foo", "gpt-5.5") if (used := rates.used(name, NOW))]
    assert origins == ["genai-prices, updated on 2026-11-28", "genai-prices 0.2.3, built in"]
    assert fetch(server, target).new == ()


def test_it_is_private_and_asked_for_without_a_login(
    server: FakeChatGPT, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    fetch(server, target)
    ((path, headers),) = server.requests
    assert path == "/data.json"
    assert "authorization" not in headers
    if os.name != "nt":
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [file.name for file in target.parent.iterdir()] == ["prices.json"]


def test_its_address_is_the_librarys_own() -> None:
    from genai_prices.update_prices import DEFAULT_UPDATE_URL

    assert URL == DEFAULT_UPDATE_URL


def test_a_compressed_list_is_unpacked(server: FakeChatGPT, target: Path) -> None:
    server.answer = says(gzip.compress(json.dumps(published()).encode()), Content_Encoding="gzip")
    assert fetch(server, target).models == 2


def redirects(to: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path == "/moved":
            return says(published())(handler)
        return says(b"", 302, Location=to)(handler)

    return answer


def test_a_redirect_is_followed_on_the_same_server_only(server: FakeChatGPT, target: Path) -> None:
    server.answer = redirects("/moved")
    assert fetch(server, target).models == 2


BAD: list[tuple[Answer, type[ProviderError], str]] = [
    (redirects("https://elsewhere.example/data.json"), Blocked, "Got a web page instead of data (HTTP 302)"),
    (redirects("file:///etc/passwd"), Blocked, "Got a web page instead of data (HTTP 302)"),
    (redirects("/again"), Blocked, "Got a web page instead of data (HTTP 302)"),
    (says(b"404: Not Found", 404), NotUnderstood, "127.0.0.1 sent an unexpected response (HTTP 404)."),
    (says({"message": "no"}, 403), NotUnderstood, "127.0.0.1 denied access to the price list (HTTP 403)."),
    (says({}, 429, Retry_After="60"), RateLimited, "Rate-limited by 127.0.0.1."),
    (says({}, 503), ServerError, "127.0.0.1 returned a server error (HTTP 503)."),
    (says(b"<html>Welcome</html>", kind="text/html"), Blocked, "Got a web page instead of data (HTTP 200)"),
    (says({"providers": published()}), NotUnderstood, "The published price list has an unexpected format"),
    (
        says(published(model("gpt-9", prices={"input_mtok": -1}))),
        NotUnderstood,
        "The published price list has",
    ),
    (says(b'[{"id": "open'), NotUnderstood, "The published price list has an unexpected format"),
    (says(b""), NotUnderstood, "The published price list has an unexpected format"),
    (says(b"[" + b" " * (5 << 20) + b"]"), NotUnderstood, "The server's response is larger than 4 MB."),
    (
        says(gzip.compress(b" " * (64 << 20)), Content_Encoding="gzip"),
        NotUnderstood,
        "The server's response is larger than 4 MB.",
    ),
    (breaks_off, Offline, "No connection to the server."),
    (drips(30), TimedOut, "The server did not send a complete response within 0 s."),
    (drips(30, headers=True), TimedOut, "The server did not send a complete response within 0 s."),
]


@pytest.mark.parametrize("earlier", [None, b"{}"], ids=["first", "again"])
@pytest.mark.parametrize(("answer", "kind", "message"), BAD)
def test_whatever_else_comes_replaces_nothing(
    server: FakeChatGPT,
    target: Path,
    earlier: bytes | None,
    answer: Answer,
    kind: type[ProviderError],
    message: str,
) -> None:
    if earlier is not None:
        fetch(server, target)
        earlier = target.read_bytes()
    server.answer = answer
    began = time.monotonic()
    with pytest.raises(kind) as caught:
        fetch(server, target, seconds=0.5 if kind is TimedOut else 20)
    assert time.monotonic() - began < 20
    assert str(caught.value).startswith(message)
    assert caught.value.remedy.endswith(".")
    assert "retries by itself" not in caught.value.remedy
    assert (target.read_bytes() if target.exists() else None) == earlier


def test_a_silent_server_ends_at_the_deadline(server: FakeChatGPT, target: Path) -> None:
    done = threading.Event()
    server.answer = waits_for(done)
    with pytest.raises(TimedOut) as caught:
        fetch(server, target, seconds=0.5)
    done.set()
    assert caught.value.remedy == "Run `tankful prices update` again later."


def test_nobody_there(target: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]  # taken until the end, so that no other program answers there
        with pytest.raises(Offline) as caught:
            update(target, load_rates(), NOW, url=f"http://127.0.0.1:{port}/")
    assert caught.value.remedy == "Check your network connection."
    assert not target.exists()


@pytest.mark.parametrize(
    "url",
    [
        "http://elsewhere.example/data.json",
        "file:///etc/passwd",
        "ftp://x/y",
        "",
        "https://user:pw@x.example/",
    ],
)
def test_no_other_address_is_asked(target: Path, url: str) -> None:
    with pytest.raises(NotUnderstood) as caught:
        update(target, load_rates(), NOW, url=url, download=lambda _url: pytest.fail("asked"))
    assert str(caught.value) == "The price list must be at an https address without a login."


def test_the_usual_server_is_named(target: Path) -> None:
    with pytest.raises(ServerError, match=r"GitHub returned a server error \(HTTP 503\)"):
        update(target, load_rates(), NOW, download=lambda _url: Response(503, {}, b""))


# --- what is done with it ------------------------------------------------------------------------------------


def test_the_newer_of_two_lists_applies(server: FakeChatGPT, target: Path) -> None:
    fetch(server, target)
    document = target.read_text()
    newer = RATES.read_text().replace('"made_on": "2026-11-20"', '"made_on": "2026-11-29"')
    for made_on, origin in (
        ("2026-11-28", "genai-prices 0.2.3, built in"),
        ("2026-11-29", "genai-prices, updated on 2026-11-29"),
        ("2026-12-24", "genai-prices, updated on 2026-12-24"),
    ):
        changed = document.replace('"made_on": "2026-11-28"', f'"made_on": "{made_on}"').encode()
        rates = Rates(newer.encode(), fetched=changed)
        assert (rates.origin, rates.fetched_problem) == (origin, None)


def test_a_persons_own_price_stays_above_it(server: FakeChatGPT, target: Path, tmp_path: Path) -> None:
    fetch(server, target)
    own = tmp_path / "prices.toml"
    own.write_text('[[price]]\nmodel = "gpt-9-foo"\ninput = 1\noutput = 1\n')
    assert price(load_rates(own, target), "gpt-9-foo", MILLION, NOW) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 100,
        b"{}",
        b"[]",
        RATES.read_bytes()[:-20],
        RATES.read_bytes().replace(b'"format": 1', b'"format": 2'),
        RATES.read_bytes().replace(b' "format": 1,\n', b""),
        RATES.read_bytes().replace(b'"made_on": "2026-11-20"', b'"made_on": "today"'),
        b"{" * 100_000,
        b" " * (FETCHED_LIMIT + 1),
    ],
)
def test_a_damaged_one_is_ignored_with_a_sentence(target: Path, content: bytes) -> None:
    target.parent.mkdir()
    target.write_bytes(content)
    rates = load_rates(None, target)
    assert rates.fetched_problem == UNREADABLE
    assert rates.origin == "genai-prices 0.2.3, built in"
    assert rates.fingerprint == load_rates().fingerprint


@pytest.mark.skipif(os.name == "nt", reason="there are no such files")
def test_what_is_no_file_is_ignored_at_once(target: Path) -> None:
    target.parent.mkdir()
    os.mkfifo(target)
    assert load_rates(target, target).fetched_problem == UNREADABLE
    assert load_rates(target, target).problem == "prices.json cannot be read: Not a regular file"
