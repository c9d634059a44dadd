"""Real Codex CLIs of two years, read off their `/status` screen, against a ChatGPT on loopback."""

from __future__ import annotations

import hashlib
import os
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from providers.codex.auth import read_login
from providers.codex.status.probe import StatusProber
from providers.codex.status.source import StatusScreenSource
from providers.domain.errors import LoginExpired, ProgramTooOld, ProviderError, TimedOut
from providers.domain.limits import Identity, Reading
from providers.host.locate.find import Program
from providers.source import Home, Question
from tests.fake_chatgpt import FakeChatGPT, fake_chatgpt, says
from tests.homes import SECRETS, auth, make_home
from tests.left_behind import at_work, child_pids, children, folders, marked, until
from tests.programs import started
from tests.real.backend import usage

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends signals")

ROOT = Path(__file__).parents[2]
PACKAGE = "@openai/codex"
NEWEST, OLD, WITHOUT, NONE = "0.171.0", "0.60.1", "0.45.0", "0.42.0"
BOTH = pytest.mark.parametrize("release", [NEWEST, OLD])
DEAD = "http://127.0.0.1:9"


class Server:
    """What ChatGPT says: limits that refill in 89 minutes and in 55 hours. `status` and `silent` are of the usage
    endpoint, `routed` of the one that 0.169 asks first for where its workspace is.
    """

    def __init__(self, fake: FakeChatGPT) -> None:
        self.fake = fake
        self.status, self.routed, self.silent = 200, 200, False
        now = datetime.now(UTC).replace(second=0, microsecond=0)
        self.resets = now + timedelta(minutes=89), now + timedelta(hours=55)
        fake.answer = self._answer

    @property
    def paths(self) -> list[str]:
        return [path.removeprefix("/backend-api/").split("?")[0] for path, _ in self.fake.requests]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        if handler.path.endswith("/wham/usage"):
            content = usage()
            for name, at in zip(("primary_window", "secondary_window"), self.resets, strict=True):
                content["rate_limit"][name]["reset_at"] = int(at.timestamp())
            content["additional_rate_limits"][0]["rate_limit"]["primary_window"] = {
                "used_percent": 12,
                "limit_window_seconds": 18_000,
                "reset_after_seconds": 60,
                "reset_at": int(self.resets[0].timestamp()),
            }
            while self.silent:
                time.sleep(0.05)
            says(content, self.status)(handler)
        elif handler.path.endswith("/wham/accounts/check"):
            says(routing(), self.routed)(handler)
        else:
            says({}, 404)(handler)


def routing() -> dict[str, object]:
    """Where the account's workspace is: 0.169 wants an https origin, and asks it for models alone."""
    account = {
        "id": "acct-1",
        "structure": "personal",
        "plan_type": "pro",
        "workspace_backend_origin": "https://127.0.0.1:9",
        "account_routing_override": "us",
    }
    return {"accounts": [account], "account_ordering": ["acct-1"]}


class Person:
    """Somebody with a home, a Codex and a login; nothing may change for them."""

    def __init__(self, folder: Path, server: Server, program: Path) -> None:
        self.folder = folder
        self.root = folder / "person"
        self.before = child_pids()
        self.temporary, self.probes = folder / "temporary", folder / "probes"
        for each in (self.temporary, self.probes):
            each.mkdir()
        self.path = make_home(self.root / ".codex", base=server.fake.base)
        with (self.path / "config.toml").open("a") as file:
            file.write('model = "gpt-5.1-codex"\n')
        rollout = self.path / "sessions/2026/11/20/rollout-2026-11-20T12-00-00-x.jsonl"
        rollout.parent.mkdir(parents=True)
        rollout.write_text('{"type": "session_meta"}\n')
        self.home = Home(provider="codex", path=self.path, label="~/.codex")
        own = {"HOME": str(self.root), "TMPDIR": str(self.temporary), "CODEX_HOME": str(self.path)}
        lines = {"HTTP_PROXY": DEAD, "HTTPS_PROXY": DEAD, "NO_PROXY": "127.0.0.1,localhost"}
        self.environ = {**os.environ, **own, **lines, "TZ": "Asia/Kolkata"}
        self.program = program
        prober = StatusProber(find=self.find, environ=self.environ, below=self.probes)
        self.source = StatusScreenSource(lambda: prober)

    def find(self, name: str, *, chosen: Path | None, environ: Mapping[str, str]) -> Program:
        return Program(path=self.program, search_path=os.environ["PATH"])

    def question(self) -> Question:
        now = datetime.now(UTC)
        identity = read_login(self.home, now).identity or Identity()
        return Question(home=self.home, identity=identity, account_since=now, now=now)

    def read(self) -> Reading:
        return self.source.read(self.question())

    def content(self) -> dict[str, tuple[str, int]]:
        """Every file's hash and time, every folder."""
        return {
            str(path): (
                hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder",
                path.lstat().st_mtime_ns,
            )
            for path in sorted(self.root.rglob("*"))
        }

    def left_behind(self) -> list[str]:
        temporary = [str(path) for path in self.temporary.iterdir()]
        return [
            *marked(self.probes),
            *folders(self.probes),
            *children(self.before),
            *temporary,
            *at_work(self.folder),
        ]


@pytest.fixture
def server() -> Iterator[Server]:
    with fake_chatgpt() as fake:
        made = Server(fake)
        yield made
        made.silent = False


Cli = Callable[[str, str], Path]


@BOTH
def test_ten_times_the_right_numbers_and_nothing_left(
    release: str, cli: Cli, server: Server, tmp_path: Path
) -> None:
    person = Person(tmp_path, server, cli(PACKAGE, release))
    before = person.content()
    rows = [("session", 37.0, server.resets[0]), ("weekly", 62.0, server.resets[1])]
    if release == NEWEST:
        rows.append(("model:gpt-5.3-codex-spark:session", 12.0, server.resets[0]))
    emails = []
    for _ in range(10):
        reading = person.read()
        assert [(each.id, each.used_percent, each.resets_at) for each in reading.windows] == rows
        assert reading.credits is not None
        assert str(reading.credits.balance) == "151"  # as the screen rounds it
        assert reading.dropped == ()
        emails.append(reading.email)
        assert person.left_behind() == []
    assert set(emails) <= {"dev@example.com", None}
    assert emails.count(None) <= 1  # seen once on a very busy machine
    assert person.content() == before
    # Nothing that is no question about the account: no model was asked, no plugin looked for.
    assert set(server.paths) <= {"wham/usage", "wham/accounts/check", "wham/rate-limit-reset-credits"}
    sent = [headers.get("authorization") for _, headers in server.fake.requests]
    assert set(sent) == {f"Bearer {auth()['tokens']['access_token']}"}


@pytest.mark.parametrize("release", [NONE, WITHOUT])
def test_what_shows_no_limits_is_plainly_refused(
    release: str, cli: Cli, server: Server, tmp_path: Path
) -> None:
    person = Person(tmp_path, server, cli(PACKAGE, release))
    before = person.content()
    with pytest.raises(ProgramTooOld):
        person.read()
    assert person.left_behind() == []
    assert person.content() == before
    assert server.paths == []


@BOTH
def test_a_server_that_fails(release: str, cli: Cli, server: Server, tmp_path: Path) -> None:
    person = Person(tmp_path, server, cli(PACKAGE, release))
    server.status = 500
    with pytest.raises(TimedOut) as caught:
        person.read()
    quiet(caught.value)
    assert person.left_behind() == []


def test_a_login_that_is_refused(cli: Cli, server: Server, tmp_path: Path) -> None:
    person = Person(tmp_path, server, cli(PACKAGE, NEWEST))
    server.routed = 401
    with pytest.raises(LoginExpired) as caught:
        person.read()
    quiet(caught.value)
    assert person.left_behind() == []


def quiet(trouble: ProviderError) -> None:
    assert not any(secret in trouble.message + trouble.remedy for secret in SECRETS)


MIDWAY = """
    import os, sys
    from datetime import UTC, datetime
    from pathlib import Path
    from providers.codex.auth import read_login
    from providers.codex.status.probe import StatusProber
    from providers.host.locate.find import Program
    from providers.source import Home, Question

    home, program, below = map(Path, sys.argv[1:])
    place = Home(provider="codex", path=home, label="~/.codex")
    now = datetime.now(UTC)
    source = StatusProber(
        find=lambda name, *, chosen, environ: Program(path=program, search_path=os.environ["PATH"]),
        below=below,
    )
    identity = read_login(place, now).identity
    source.read(Question(home=place, identity=identity, account_since=now, now=now))
"""


@BOTH
def test_nothing_stays_where_tankful_is_killed_midway(
    release: str, cli: Cli, server: Server, tmp_path: Path
) -> None:
    person = Person(tmp_path, server, cli(PACKAGE, release))
    before = person.content()
    server.silent = True
    command = [sys.executable, "-c", textwrap.dedent(MIDWAY)]
    command += [str(person.path), str(person.program), str(person.probes)]
    with started(command, env=person.environ | {"PYTHONPATH": str(ROOT)}) as tankful:
        until(lambda: "wham/usage" in server.paths, "it never asked", 30)
        assert marked(person.probes)
        tankful.kill()
        tankful.wait()
        until(lambda: person.left_behind() == [], "something stayed")
        assert person.content() == before
