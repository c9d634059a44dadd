"""Real Codex CLIs of two years, asked through their app-server, against a ChatGPT on loopback."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from providers.codex.app_server.greeting import ARGUMENTS
from providers.codex.app_server.probe import Prober
from providers.codex.app_server.source import AppServerSource
from providers.codex.auth import read_login
from providers.codex.endpoint.source import OAuthSource
from providers.domain.errors import LoginExpired, NotSignedIn, ProgramTooOld
from providers.domain.limits import Identity
from providers.host.locate.find import Program
from providers.host.process.child import Child, probe_folder, run
from providers.host.process.jsonrpc import Conversation, RpcRefused
from providers.source import Home, Question
from tests.fake_app_server import launcher, logged
from tests.homes import auth, make_home
from tests.left_behind import child_pids, children, folders, marked, until
from tests.programs import started
from tests.real.backend import Backend, backend
from tests.real.clis import NotInstalled, installed

ROOT = Path(__file__).parents[2]
NEWEST, MIDDLE, FIRST, NONE = "0.171.0", "0.60.1", "0.45.0", "0.42.0"
WITH_LIMITS = pytest.mark.parametrize("release", [NEWEST, MIDDLE])
REFUSED = LoginExpired("ChatGPT rejected your login.")
YOUNG, OLD = timedelta(days=2), timedelta(days=9)  # from 8 days on 0.60 renews a login by itself


@pytest.fixture
def codex(request: pytest.FixtureRequest) -> Callable[[str], Path]:
    """codex("0.60.1") is that release's launcher; the test is skipped where it cannot be had."""

    def have(release: str) -> Path:
        try:
            return installed("@openai/codex", release)
        except NotInstalled as why:
            if request.config.getoption("--require-real"):
                pytest.fail(str(why))
            pytest.skip(str(why))

    return have


@pytest.fixture
def server() -> Iterator[Backend]:
    with backend() as made:
        yield made


class Person:
    """Somebody with a home, a Codex and a login of some `age`; nothing may change for them."""

    def __init__(self, folder: Path, server: Backend, program: Path, age: timedelta = YOUNG) -> None:
        self.root = folder / "person"
        self.before = child_pids()
        self.temporary, self.probes = folder / "temporary", folder / "probes"
        for each in (self.temporary, self.probes):
            each.mkdir()
        # By the clock of the real Codex, which has no other.
        login = auth() | {"last_refresh": (datetime.now(UTC) - age).isoformat()}
        self.path = make_home(self.root / ".codex", login, base=server.base)
        (self.path / "config.toml").write_text(f'chatgpt_base_url = "{server.base}"\nmodel = "gpt-5.5"\n')
        rollout = self.path / "sessions/2026/11/20/rollout-2026-11-20T12-00-00-x.jsonl"
        rollout.parent.mkdir(parents=True)
        rollout.write_text('{"type": "session_meta"}\n')
        self.home = Home(provider="codex", path=self.path, label="~/.codex")
        own = {"HOME": str(self.root), "TMPDIR": str(self.temporary), "CODEX_HOME": str(self.path)}
        self.environ = {**os.environ, **own, **server.environ}
        self.program = program
        self.source = AppServerSource(lambda: Prober(find=self.find, environ=self.environ, below=self.probes))

    def find(self, name: str, *, chosen: Path | None, environ: Mapping[str, str]) -> Program:
        return Program(path=self.program, search_path=os.environ["PATH"])

    def question(self, after: LoginExpired | None = None) -> Question:
        now = datetime.now(UTC)
        identity = read_login(self.home, now).identity or Identity()
        return Question(home=self.home, identity=identity, account_since=now, now=now, after=after)

    def content(self, below: str = "") -> dict[str, str]:
        """Every file's hash, every folder and link."""
        return {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
            for path in sorted((self.root / below).rglob("*"))
        }

    def left_behind(self) -> list[str]:
        return [
            *marked(self.probes),
            *folders(self.probes),
            *children(self.before),
            *(str(path) for path in self.temporary.iterdir()),
        ]


def ids(reading: Any) -> dict[str, float]:
    return {window.id: window.used_percent for window in reading.windows}


@WITH_LIMITS
def test_limits_are_read_ten_times_and_nothing_is_left(
    release: str, codex: Callable[[str], Path], server: Backend, tmp_path: Path
) -> None:
    person = Person(tmp_path, server, codex(release), OLD)
    before = person.content()
    for _ in range(10):
        reading = person.source.read(person.question())
        assert ids(reading).items() >= {"session": 37.0, "weekly": 62.0}.items()
        assert ("model:codex_bengalfox:session" in ids(reading)) is (release == NEWEST)
        assert reading.credits is not None
        assert str(reading.credits.balance) == "150.5"
        assert (reading.plan, reading.dropped) == ("pro", ())
        assert [day.tokens for day in reading.tokens] == ([5000] if release == NEWEST else [])
        assert person.left_behind() == []
    assert person.content() == before
    assert server.refreshes == []


@pytest.mark.parametrize("release", [FIRST, NONE])
def test_what_cannot_tell_limits_is_plainly_refused(
    release: str, codex: Callable[[str], Path], server: Backend, tmp_path: Path
) -> None:
    person = Person(tmp_path, server, codex(release))
    before = person.content()
    for after in (None, REFUSED):
        with pytest.raises(ProgramTooOld, match="too old to report limits"):
            person.source.read(person.question(after))
    assert person.left_behind() == []
    if release == NONE:
        assert person.content() == before
    assert server.requests == []


@WITH_LIMITS
def test_a_refused_login_is_renewed_by_codex_alone(
    release: str, codex: Callable[[str], Path], server: Backend, tmp_path: Path
) -> None:
    person = Person(tmp_path, server, codex(release))
    settings, sessions = (person.path / "config.toml").read_bytes(), person.content(".codex/sessions")
    server.tokens = server.tokens | {"access_token": "another"}
    reading = person.source.read(person.question(REFUSED))
    assert ids(reading)["session"] == 37.0
    assert server.refreshes == [auth()["tokens"]["refresh_token"]]
    kept = json.loads((person.path / "auth.json").read_text())["tokens"]
    assert {name: kept[name] for name in server.tokens} == server.tokens
    assert (person.path / "config.toml").read_bytes() == settings
    assert person.content(".codex/sessions") == sessions
    assert person.left_behind() == []
    assert ids(OAuthSource().read(person.question()))["session"] == 37.0
    again = person.source.unavailable(person.question(REFUSED))
    assert isinstance(again, LoginExpired)
    assert again.retry_at is not None


@WITH_LIMITS
@pytest.mark.parametrize("age", [YOUNG, OLD], ids=["young", "old"])
def test_a_login_that_the_server_does_not_renew(
    release: str, age: timedelta, codex: Callable[[str], Path], server: Backend, tmp_path: Path
) -> None:
    person = Person(tmp_path, server, codex(release), age)
    before = (person.path / "auth.json").read_bytes()
    server.tokens = {"access_token": "another", "refresh_token": "another"}
    with pytest.raises(LoginExpired, match="could not renew") as caught:
        person.source.read(person.question(REFUSED))
    assert caught.value.retry_at is not None
    assert (person.path / "auth.json").read_bytes() == before
    assert person.left_behind() == []


@contextmanager
def running(person: Person) -> Iterator[Callable[..., Any]]:
    """Another Codex of this person's, which runs all the while and answers."""
    own = [str(person.program), *ARGUMENTS]
    with (
        probe_folder(person.probes) as folder,
        Child(own, environ=person.environ, folder=folder, talks=True) as child,
    ):
        talk = Conversation(child)

        def ask(method: str, params: dict[str, Any] | None = None) -> Any:
            return talk.answer(talk.ask(method, params), time.monotonic() + 30)

        ask("initialize", {"clientInfo": {"name": "other", "title": "other", "version": "1"}})
        talk.notify("initialized")
        yield ask


def test_a_codex_that_runs_beside_it_is_not_logged_out(
    codex: Callable[[str], Path], server: Backend, tmp_path: Path
) -> None:
    person = Person(tmp_path, server, codex(NEWEST))
    with running(person) as ask:
        assert ask("account/rateLimits/read")["rateLimits"]["primary"]["usedPercent"] == 37
        assert ids(person.source.read(person.question(REFUSED)))["session"] == 37.0
        with suppress(RpcRefused):  # it wants to know a workspace's https origin, which a loopback has not
            ask("account/read", {"refreshToken": True})
        assert ask("account/rateLimits/read")["rateLimits"]["primary"]["usedPercent"] == 37
    assert (len(server.refreshes), server.reused) == (1, [])
    kept = json.loads((person.path / "auth.json").read_text())["tokens"]
    assert kept["refresh_token"] == server.tokens["refresh_token"]
    assert person.left_behind() == []


def test_an_old_codex_that_runs_beside_it_is_not_logged_out(
    codex: Callable[[str], Path], server: Backend, tmp_path: Path
) -> None:
    """It would present a token that another has used since: so nobody else uses it."""
    person = Person(tmp_path, server, codex(MIDDLE))
    with running(person) as ask:
        assert ask("account/rateLimits/read")["rateLimits"]["primary"]["usedPercent"] == 37
        with pytest.raises(LoginExpired, match="can renew it"):
            person.source.read(person.question(REFUSED))
        ask("account/read", {"refreshToken": True})
        assert ask("account/rateLimits/read")["rateLimits"]["primary"]["usedPercent"] == 37
    assert (len(server.refreshes), server.reused) == (1, [])
    assert person.left_behind() == []


@WITH_LIMITS
def test_a_keyring_without_a_login(
    release: str, codex: Callable[[str], Path], server: Backend, tmp_path: Path
) -> None:
    person = Person(tmp_path, server, codex(release))
    with (person.path / "config.toml").open("a") as file:
        file.write('cli_auth_credentials_store = "keyring"\n')
    person.environ["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nowhere"
    question = person.question()
    assert question.identity == Identity()
    assert person.source.unavailable(question) is None
    with pytest.raises(NotSignedIn):
        person.source.read(question)
    assert person.left_behind() == []


def test_the_places_where_codex_keeps_a_login(
    codex: Callable[[str], Path], server: Backend, tmp_path: Path
) -> None:
    person = Person(tmp_path, server, codex(NEWEST))
    with probe_folder(person.probes) as folder:
        told = run(
            [str(person.program), "-c", 'cli_auth_credentials_store="nowhere"', "login", "status"],
            environ=person.environ | {"CODEX_HOME": str(folder)},
            folder=folder,
            seconds=20,
        )
    assert b"`file`, `keyring`, `auto`, `ephemeral`" in told.err


MIDWAY = """
    import os, sys
    from datetime import UTC, datetime
    from pathlib import Path
    from providers.codex.app_server.probe import Deadlines, Prober
    from providers.codex.auth import read_login
    from providers.host.locate.find import Program
    from providers.source import Home, Question

    home, program, below = map(Path, sys.argv[1:])
    place = Home(provider="codex", path=home, label="~/.codex")
    now = datetime.now(UTC)
    source = Prober(
        find=lambda name, *, chosen, environ: Program(path=program, search_path=os.environ["PATH"]),
        deadlines=Deadlines(request=60, probe=90),
        below=below,
    )
    identity = read_login(place, now).identity
    source.read(Question(home=place, identity=identity, account_since=now, now=now))
"""


@WITH_LIMITS
def test_nothing_stays_where_tankful_is_killed_midway(
    release: str, codex: Callable[[str], Path], server: Backend, tmp_path: Path
) -> None:
    person = Person(tmp_path, server, codex(release))
    before = person.content()
    server.silent.set()
    command = [sys.executable, "-c", textwrap.dedent(MIDWAY)]
    command += [str(person.path), str(person.program), str(person.probes)]
    with started(command, env=person.environ | {"PYTHONPATH": str(ROOT)}) as tankful:
        until(lambda: any(path.endswith("usage") for path in server.requests), "it never asked", 30)
        assert marked(person.probes)
        tankful.kill()
        tankful.wait()
        until(lambda: person.left_behind() == [], "something stayed")
        assert person.content() == before


@WITH_LIMITS
def test_what_is_said_to_codex_is_what_it_takes(
    release: str, codex: Callable[[str], Path], server: Backend, tmp_path: Path
) -> None:
    person = Person(tmp_path, server, codex(release))
    schemas = tmp_path / "schemas"
    with probe_folder(person.probes) as folder:
        made = run(
            [str(person.program), "app-server", "generate-json-schema", "--out", str(schemas)],
            environ=person.environ | {"CODEX_HOME": str(folder)},
            folder=folder,
            seconds=30,
        )
    assert made.code == 0
    requests, notifications = (
        jsonschema.Draft7Validator(json.loads((schemas / f"Client{kind}.json").read_text()))
        for kind in ("Request", "Notification")
    )
    person.program = launcher(tmp_path / "fake", before=["question"], version=f"codex-cli {release}")
    for after in (None, REFUSED):
        person.source.read(person.question(after))
    said = logged(tmp_path / "fake", "heard")
    assert {each.get("method") for each in said} == {
        None,
        "initialize",
        "initialized",
        "account/read",
        "account/rateLimits/read",
        "account/usage/read",
    }
    errors = jsonschema.Draft7Validator(json.loads((schemas / "JSONRPCError.json").read_text()))
    for each in said:
        if (release, each.get("method")) == (MIDDLE, "account/usage/read"):
            continue  # it does not know it, and says so
        if "method" not in each:
            errors.validate(each)
        else:
            (requests if "id" in each else notifications).validate(each)
