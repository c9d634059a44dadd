from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.codex.auth import KeptInKeyring, read_credentials
from providers.codex.status.probe import PROBE_SECONDS, StatusProber
from providers.codex.status.session import ask_status
from providers.codex.status.source import StatusScreenSource
from providers.codex.status.text import parse_status
from providers.domain.errors import (
    Denied,
    LoginExpired,
    NotSignedIn,
    NotUnderstood,
    ProgramMissing,
    ProgramTooOld,
    ProviderError,
    ServerError,
    TimedOut,
)
from providers.domain.limits import Reading
from providers.host.locate.find import Program
from providers.source import Home, Question, Source
from tests.homes import SECRETS, auth, make_home, write_auth
from tests.providers.codex.status.test_text import NOW, screen
from tests.providers.conformance import SourceConformance

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="makes programs with a mode")

PROMPT = "\n› Ask Codex to do anything\n\n  ? for shortcuts\n"
OFFER, TRUST, UPDATE, LOGIN = (
    screen(name) for name in ("0.60.1-offer", "0.60.1-trust", "0.60.1-update", "0.60.1-login")
)


class FakeCodex:
    """A session as its terminal shows it: `before` are the screens before the prompt, each answered by a key;
    `answers` what `/status` shows at each asking, the last one for ever. What was pressed is kept.
    """

    def __init__(self, *answers: str, before: tuple[str, ...] = (), dies: str | None = None) -> None:
        self.answers = list(answers) or [PROMPT]
        self.before = list(before)
        self.dies = dies
        self.pressed: list[str] = []
        self.clock = 0.0
        self.text = ""
        self._draw(PROMPT)

    @property
    def ended(self) -> bool:
        return self.dies is not None

    def seconds(self) -> float:
        return self.clock

    def press(self, keys: str) -> None:
        self.pressed.append(keys)
        if self.before:
            self.before.pop(0)
            self._draw(PROMPT)
        elif keys == "\r":
            self._draw((self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]) + PROMPT)
        else:
            self.text = self.text.replace("› Ask Codex to do anything", f"› {keys}")

    def wait_until(self, seen: Callable[[str], bool], seconds: float) -> bool:
        if not seen(self.text):
            self.clock += max(seconds, 0.01)
        return seen(self.text)

    def wait_still(self, still: float, seconds: float) -> None:
        self.clock += min(still, max(seconds, 0.01))

    def _draw(self, text: str) -> None:
        self.text = self.dies or (self.before[0] if self.before else text)


class Desk:
    """A home, a program of this version, and the sessions that it opens, one after the other."""

    def __init__(self, folder: Path, *sessions: FakeCodex, version: str = "0.169.0") -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.home = Home(provider="codex", path=make_home(folder / "home"), label="~/.codex")
        self.sessions = list(sessions)
        self.opened: list[tuple[list[str], dict[str, str], tuple[int, int]]] = []
        self.settings: list[dict[str, Any]] = []
        self.logins: list[Any] = []
        self.say(f"codex-cli {version}")
        (folder / "probes").mkdir()

    def say(self, version: str, *, knows: str = "--no-daemon") -> None:
        path = self.folder / "codex"
        path.write_text(f'#!/bin/sh\ncase $1 in --version) echo "{version}";; *) echo "{knows}";; esac\n')
        path.chmod(0o755)

    @property
    def source(self) -> StatusScreenSource:
        prober = StatusProber(
            find=self.find,
            environ={"PATH": "/usr/bin:/bin", "OPENAI_API_KEY": "key", "CODEX_HOME": "/nowhere"},
            seconds=self.sessions[0].seconds if self.sessions else lambda: 0.0,
            below=self.folder / "probes",
            open_in=self.open,
            system="linux",
        )
        return StatusScreenSource(lambda: prober)

    def find(self, name: str, *, chosen: Path | None, environ: Mapping[str, str]) -> Program:
        assert name == "codex"
        if chosen is not None:
            raise ProgramMissing("It is not there.")
        return Program(path=self.folder / "codex", search_path="/usr/bin:/bin")

    @contextmanager
    def open(
        self, argv: list[str], *, environ: Mapping[str, str], folder: Path, size: tuple[int, int]
    ) -> Iterator[FakeCodex]:
        home = Path(environ["CODEX_HOME"])
        assert folder in home.parents
        self.settings.append(tomllib.loads((home / "config.toml").read_text()))
        self.logins.append(json.loads((home / "auth.json").read_text()))
        self.opened.append((argv, dict(environ), size))
        yield self.sessions[min(len(self.opened), len(self.sessions)) - 1]

    def question(self, **changes: Any) -> Question:
        identity = read_credentials(self.home).identity
        asked = Question(home=self.home, identity=identity, account_since=NOW, now=NOW)
        return replace(asked, **changes)

    def read(self) -> Reading:
        before = {path: path.read_bytes() for path in self.home.path.rglob("*") if path.is_file()}
        try:
            return self.source.read(self.question())
        finally:
            after = {path: path.read_bytes() for path in self.home.path.rglob("*") if path.is_file()}
            assert after == before
            assert list((self.folder / "probes").iterdir()) == []


class TestConformance(SourceConformance):
    @pytest.fixture
    def desk(self, tmp_path: Path) -> Desk:
        return Desk(tmp_path / "desk", FakeCodex(screen("0.169.0")))

    @pytest.fixture
    def source(self, desk: Desk) -> Source:
        return desk.source

    @pytest.fixture
    def question(self, desk: Desk) -> Question:
        return desk.question()


def test_what_the_screen_shows(tmp_path: Path) -> None:
    desk = Desk(tmp_path, FakeCodex(screen("0.169.0")))
    reading = desk.read()
    assert [(window.id, window.used_percent) for window in reading.windows] == [
        ("session", 37.0),
        ("weekly", 62.0),
        ("model:gpt-5.3-codex-spark:session", 12.0),
        ("model:gpt-5.3-codex-spark:weekly", 44.0),
    ]
    assert (reading.source, reading.fetched_at, reading.email) == ("status", NOW, "dev@example.com")
    assert reading.speaks_for == {"windows", "credits"}
    assert desk.sessions[0].pressed == ["/status", "\r"]


def test_a_home_of_its_own_from_which_no_prompt_can_go_anywhere(tmp_path: Path) -> None:
    desk = Desk(tmp_path, FakeCodex(screen("0.169.0")))
    desk.read()
    ((argv, environ, _),) = desk.opened
    assert argv == [str(tmp_path / "codex"), "--no-daemon"]
    assert environ["TZ"] == "UTC0"
    assert "OPENAI_API_KEY" not in environ
    (settings,) = desk.settings
    assert settings["model_providers"][settings["model_provider"]]["base_url"] == "http://127.0.0.1:9/"
    assert settings["check_for_update_on_startup"] is False
    ((trusted, level),) = settings["projects"].items()
    assert Path(environ["CODEX_HOME"]).parent == Path(trusted)
    assert level == {"trust_level": "trusted"}
    (login,) = desk.logins
    assert login["tokens"]["access_token"] == auth()["tokens"]["access_token"]
    assert not login["tokens"]["refresh_token"]


@pytest.mark.parametrize("name", ["Zoë 😀", 'a "b" \\ c', "del\x7f"])
def test_a_folder_of_any_name_is_trusted(tmp_path: Path, name: str) -> None:
    desk = Desk(tmp_path / name, FakeCodex(screen("0.169.0")))
    (desk.home.path / "config.toml").write_text('chatgpt_base_url = "https://example.com/😀/backend-api"\n')
    desk.read()
    (trusted,) = desk.settings[0]["projects"]
    assert Path(trusted).parent.parent == tmp_path / name / "probes"
    assert desk.settings[0]["chatgpt_base_url"] == "https://example.com/😀/backend-api"


def test_a_version_without_daemons_gets_no_option_against_them(tmp_path: Path) -> None:
    desk = Desk(tmp_path, FakeCodex(screen("0.60.1")), version="0.60.1")
    desk.say("codex-cli 0.60.1", knows="--help")
    reading = desk.read()
    assert desk.opened[0][0] == [str(tmp_path / "codex")]
    assert reading.plan == "pro"
    assert reading.speaks_for == {"credits"}  # it shows no model's own limits


@pytest.mark.parametrize("dialog", [OFFER, TRUST])
def test_dialogs_are_answered(tmp_path: Path, dialog: str) -> None:
    desk = Desk(tmp_path, FakeCodex(screen("0.60.1"), before=(dialog,)))
    assert desk.read().windows[0].used_percent == 37.0
    assert desk.sessions[0].pressed == ["\x1b" if dialog == OFFER else "\r", "/status", "\r"]


@pytest.mark.parametrize(
    ("open_session", "kind"),
    [
        (lambda: FakeCodex(before=(UPDATE,)), ProgramTooOld),
        (lambda: FakeCodex(before=(screen("0.169.0-update"),)), ProgramTooOld),
        (lambda: FakeCodex(before=(LOGIN,)), LoginExpired),
        (lambda: FakeCodex(before=(screen("0.169.0-login"),)), LoginExpired),
        (lambda: FakeCodex(dies=screen("0.169.0-refused")), LoginExpired),
        (lambda: FakeCodex(dies="Error: workspace routing disc\novery failed"), ServerError),
        (lambda: FakeCodex(dies="Error: workspace routing discovery missing backend origin"), ServerError),
        (lambda: FakeCodex(dies="Error: workspace routing discovery timed out"), TimedOut),
        (lambda: FakeCodex(dies="Error loading config.toml"), NotUnderstood),
        (lambda: FakeCodex(dies=""), NotUnderstood),
        (lambda: FakeCodex(before=(OFFER,) * 30), TimedOut),
        (lambda: FakeCodex(before=("Loading",)), TimedOut),
        (lambda: FakeCodex(PROMPT), NotUnderstood),
        (lambda: FakeCodex(screen("0.45.0")), ProgramTooOld),
        (lambda: FakeCodex(screen("0.169.0-later")), TimedOut),
        (lambda: FakeCodex("  Limits:   not available for this account"), Denied),
        (lambda: FakeCodex("  Account:  API key configured (run codex login)"), NotSignedIn),
    ],
)
def test_screens_that_are_errors(
    tmp_path: Path, open_session: Callable[[], FakeCodex], kind: type[ProviderError]
) -> None:
    session = open_session()
    desk = Desk(tmp_path, session)
    with pytest.raises(ProviderError) as caught:
        desk.read()
    assert type(caught.value) is kind
    assert session.clock <= PROBE_SECONDS + 10
    assert not any(secret in caught.value.message + caught.value.remedy for secret in SECRETS)


def test_an_update_is_never_accepted(tmp_path: Path) -> None:
    session = FakeCodex(before=(UPDATE,))
    with pytest.raises(ProgramTooOld):
        Desk(tmp_path, session).read()
    assert session.pressed == []


def test_enter_is_not_pressed_without_the_command(tmp_path: Path) -> None:
    """A dialog that appears late receives the text; Enter would be its yes."""

    class Late(FakeCodex):
        def press(self, keys: str) -> None:
            super().press(keys)
            if keys == "/status":
                self.text = UPDATE

    session = Late()
    with pytest.raises(ProgramTooOld):
        Desk(tmp_path, session).read()
    assert session.pressed == ["/status"]


def test_a_command_that_was_not_accepted_is_typed_again(tmp_path: Path) -> None:
    class Deaf(FakeCodex):
        def press(self, keys: str) -> None:
            super().press(keys if keys == "\r" else keys.removeprefix("\x15"))
            self.pressed[-1] = keys
            if self.pressed == ["/status"]:
                self._draw(PROMPT)

    session = Deaf(screen("0.169.0"))
    assert Desk(tmp_path, session).read().windows[0].used_percent == 37.0
    assert session.pressed == ["/status", "\x15/status", "\r"]


def test_it_retries_while_the_data_are_missing(tmp_path: Path) -> None:
    session = FakeCodex(screen("0.169.0-later"), screen("0.169.0-later"), screen("0.169.0"))
    assert Desk(tmp_path, session).read().windows[0].used_percent == 37.0
    assert session.pressed == ["/status", "\r"] * 3


def test_numbers_that_stay_stale_are_used(tmp_path: Path) -> None:
    stale = screen("0.169.0").replace("  Credits:", "  Warning:  limits may be stale\n  Credits:")
    session = FakeCodex(stale)
    assert Desk(tmp_path, session).read().windows[0].used_percent == 37.0
    assert session.pressed.count("/status") == 4


@pytest.mark.parametrize("first", [screen("0.60.1-cut"), PROMPT])
def test_a_larger_screen_where_the_first_shows_too_little(tmp_path: Path, first: str) -> None:
    sessions = FakeCodex(first), FakeCodex(screen("0.60.1"))
    desk = Desk(tmp_path, *sessions)
    assert [window.id for window in desk.read().windows] == ["session", "weekly"]
    small, large = (size for _, _, size in desk.opened)
    assert small[0] < large[0]
    assert small[1] < large[1]


def test_what_the_first_screen_showed_where_the_larger_one_fails(tmp_path: Path) -> None:
    desk = Desk(tmp_path, FakeCodex(screen("0.60.1-cut")), FakeCodex(dies=""))
    reading = desk.read()
    assert reading.credits is not None
    assert (reading.windows, reading.speaks_for, reading.dropped) == ((), frozenset(), ("limit",))


@given(
    st.text() | st.lists(st.sampled_from([OFFER, TRUST, LOGIN, UPDATE, PROMPT, "/status", "\n"])).map("".join)
)
def test_any_screen_is_a_status_or_an_error(text: str) -> None:
    session = FakeCodex(text)
    with suppress(ProviderError):
        status = ask_status(session, lambda shown: parse_status(shown, NOW, UTC), 40.0, session.seconds)
        assert status.windows == ()
    assert session.clock < 60
    assert set(session.pressed) <= {"/status", "\x15/status", "\r", "\x1b"}


def test_another_accounts_screen(tmp_path: Path) -> None:
    other = screen("0.169.0").replace("dev@example.com", "other@example.com")
    with pytest.raises(NotSignedIn):
        Desk(tmp_path, FakeCodex(other)).read()


def test_somebody_else_signs_in_meanwhile(tmp_path: Path) -> None:
    """On a narrow screen the address is cut off."""

    class Slow(FakeCodex):
        def press(self, keys: str) -> None:
            super().press(keys)
            write_auth(desk.home.path, auth(account="acct-2", email="other@example.com"))

    desk = Desk(tmp_path, Slow(screen("0.169.0").replace("dev@example.com (Pro)", "")))
    with pytest.raises(NotSignedIn, match="Another account"):
        desk.source.read(desk.question())


@pytest.mark.parametrize("version", ["0.42.0", "0.44.9"])
def test_nothing_older_is_launched(tmp_path: Path, version: str) -> None:
    desk = Desk(tmp_path, version=version)
    with pytest.raises(ProgramTooOld):
        desk.read()
    assert desk.opened == []


def test_one_that_does_not_start_is_not_retried_for_a_while(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.say("Segmentation fault")
    with pytest.raises(ProgramMissing) as caught:
        desk.read()
    assert caught.value.retry_at == NOW + timedelta(minutes=30)
    broken = Desk(tmp_path / "other", FakeCodex(dies="Error"))
    with pytest.raises(NotUnderstood) as ended:
        broken.read()
    assert ended.value.retry_at == NOW + timedelta(minutes=30)


def test_when_it_cannot_be_asked(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert desk.source.unavailable(desk.question()) is None
    missing = desk.source.unavailable(desk.question(program=tmp_path / "missing"))
    assert isinstance(missing, ProgramMissing)
    question = desk.question()
    write_auth(desk.home.path, auth(expires=NOW - timedelta(days=3)))
    assert isinstance(desk.source.unavailable(question), LoginExpired)
    write_auth(desk.home.path, auth(account="acct-2", email="other@example.com"))
    assert isinstance(desk.source.unavailable(question), NotSignedIn)
    write_auth(desk.home.path, {"OPENAI_API_KEY": "sk"})
    assert isinstance(desk.source.unavailable(question), NotSignedIn)
    write_auth(desk.home.path, b"{")
    assert isinstance(desk.source.unavailable(question), NotUnderstood)
    with pytest.raises(NotUnderstood):
        desk.source.read(question)
    assert desk.opened == []


@pytest.mark.parametrize("kind", [*ProviderError.__subclasses__(), KeptInKeyring])
def test_it_is_a_fallback_for_errors_it_would_not_share(kind: type[ProviderError]) -> None:
    assert StatusScreenSource().is_fallback_for(kind("")) is (kind in (ProgramTooOld, NotUnderstood))
