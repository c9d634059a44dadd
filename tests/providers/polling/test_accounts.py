"""From homes to a snapshot, with the real Codex provider and a backend on loopback."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from msgspec.structs import replace

from providers.codex.descriptor import CODEX
from providers.domain.limits import AccountUsage, Reading
from providers.polling.account_store import AccountStore
from providers.polling.accounts import take_usage
from providers.polling.poll import Mode
from providers.source import Home, Login, Provider, ProviderSettings, Question
from tests.fake_app_server import OWN, launcher
from tests.fake_chatgpt import FakeChatGPT, fake_chatgpt, says, usage
from tests.fake_provider import FakeSource, fake_provider, make_fake_home, reading
from tests.homes import ACCESS_MARK, NOW, auth, make_home, write_auth
from tests.providers.codex.logs.test_limits import ago, count, limits, meta, rollout, turn

MINUTE = timedelta(minutes=1)


@pytest.fixture
def server() -> Iterator[FakeChatGPT]:
    with fake_chatgpt() as fake:
        yield fake


def take(
    state: Path,
    *homes: Path,
    at: datetime = NOW,
    mode: Mode = "due",
    source: str | None = None,
    providers: tuple[Provider, ...] = (CODEX,),
    settings: ProviderSettings | None = None,
) -> tuple[AccountUsage, ...]:
    environ = {"CODEX_HOME": ",".join(map(str, homes))}
    return take_usage(
        providers,
        environ,
        AccountStore(state),
        lambda: at,
        mode=mode,
        only_source=source,
        settings={"codex": settings} if settings else {},
    ).accounts


def lanes(account: AccountUsage) -> dict[str, tuple[float, str]]:
    return {lane.value.id: (lane.value.used_percent, lane.source) for lane in account.windows}


def noted(home: Path, minutes: float, used: float) -> None:
    rollout(home, f"{used}", meta(ago(60)), turn(ago(60)), count(ago(minutes), limits(used)))


def test_the_newest_log_of_all_homes_of_an_account_counts(tmp_path: Path) -> None:
    one, two = (make_home(tmp_path / name) for name in ("one", "two"))
    noted(one, 50, 10.0)
    noted(two, 1, 77.0)
    (account,) = take(tmp_path / "state", one, two, mode="cached")
    assert lanes(account) == {"session": (77.0, "rollouts")}
    assert [attempt.source for attempt in account.attempts] == ["rollouts"]


def test_logs_of_before_a_copied_login_are_another_accounts(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    noted(home, 50, 10.0)
    write_auth(home, auth(), ago(40))
    (account,) = take(tmp_path / "state", home, mode="cached")
    assert lanes(account) == {}


def test_a_source_that_is_asked_for_alone_speaks_alone(tmp_path: Path, server: FakeChatGPT) -> None:
    home = make_home(tmp_path / "home", base=server.base)
    noted(home, 30, 33.0)
    (account,) = take(tmp_path / "state", home)
    assert lanes(account)["session"] == (37.0, "oauth")
    (account,) = take(tmp_path / "state", home, at=NOW + MINUTE / 6, source="rollouts")
    assert lanes(account) == {"session": (33.0, "rollouts")}
    (account,) = take(tmp_path / "state", home, at=NOW + MINUTE / 6, source="oauth")
    assert lanes(account)["session"] == (37.0, "oauth")
    assert len(server.requests) == 1


def test_what_another_source_ran_into_is_not_shown(tmp_path: Path, server: FakeChatGPT) -> None:
    home = make_home(tmp_path / "home", base=server.base)
    noted(home, 30, 33.0)
    server.answer = says({}, 503)
    for source, kind in ((None, "server_error"), ("oauth", "server_error"), ("rollouts", None)):
        (account,) = take(tmp_path / "state", home, source=source)
        assert (account.error.kind if account.error else None) == kind
    (account,) = take(tmp_path / "state", home, source="oauth")
    assert account.error is not None
    assert account.error.retry_at == NOW + 2 * MINUTE
    make_home(home, base="http://127.0.0.1:9/backend-api")
    (account,) = take(tmp_path / "state", home, mode="now")
    assert account.offline_since == NOW
    (account,) = take(tmp_path / "state", home, source="rollouts")
    assert (account.error, account.offline_since) == (None, None)


def test_a_state_that_cannot_be_saved_is_reported_by_remote_sources(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    (tmp_path / "state").write_text("a file where the folder should be")
    shown = {}
    for source in ("oauth", "rollouts"):
        (account,) = take(tmp_path / "state", home, source=source)
        shown[source] = account.error.message if account.error else None
    assert shown["oauth"] is not None
    assert "Limits are not fetched because " in shown["oauth"]
    assert shown["rollouts"] is None


def test_a_login_that_the_server_refuses_is_sent_twice_an_hour(tmp_path: Path, server: FakeChatGPT) -> None:
    home = make_home(tmp_path / "home", base=server.base)
    server.answer = says({}, 401)
    for n in range(60):
        take(tmp_path / "state", home, at=NOW + n * 61 * MINUTE / 60)
    assert len(server.requests) == 2
    server.answer = says(usage())
    write_auth(home, auth(access_token="another"), NOW + 60 * MINUTE)
    (account,) = take(tmp_path / "state", home, at=NOW + 62 * MINUTE)
    assert account.error is None


def test_a_token_that_the_server_echoes_is_nowhere_in_the_state(tmp_path: Path, server: FakeChatGPT) -> None:
    home = make_home(tmp_path / "home", base=server.base)
    server.answer = lambda handler: says(
        usage(plan_type=handler.headers["Authorization"], email=handler.headers["Authorization"][7:])
    )(handler)
    (account,) = take(tmp_path / "state", home)
    assert lanes(account)
    kept = "".join(file.read_text() for file in (tmp_path / "state").iterdir())
    assert ACCESS_MARK not in kept + repr(account)


@pytest.mark.parametrize(
    "name", ["~nosuchuser/x", "x" * 300, os.fsdecode(b"h\xff"), "a\nb\x1b[2J"], ids=range(4)
)
def test_a_home_of_any_name_has_an_entry_of_its_own(tmp_path: Path, name: str) -> None:
    good = make_home(tmp_path / "good")
    odd, account = take(tmp_path / "state", Path(name), good, mode="cached")
    assert odd.error is not None
    assert odd.homes[0].isprintable()
    assert account.account is not None


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text there")
def test_a_login_in_a_home_whose_name_is_no_text(tmp_path: Path) -> None:
    home = make_home(tmp_path / os.fsdecode(b"h\xff"))
    noted(home, 30, 33.0)
    for _ in range(2):
        (account,) = take(tmp_path / "state", home, mode="cached")
        assert account.error is None
        assert lanes(account) == {"session": (33.0, "rollouts")}
        assert account.homes[0].endswith("h\\udcff")


@pytest.mark.skipif(sys.platform == "win32", reason="homes are found otherwise there")
def test_without_a_home_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pwd

    def nobody(_: int) -> object:
        raise KeyError

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    (account,) = take_usage((CODEX,), {}, AccountStore(tmp_path), lambda: NOW, mode="cached").accounts
    assert account.error is not None
    assert account.error.kind == "not_signed_in"


def fails(*_: object) -> Login:
    raise ZeroDivisionError("access-secret")


def test_an_internal_error_in_one_home_affects_no_other(tmp_path: Path) -> None:
    good, bad = make_home(tmp_path / "good"), make_home(tmp_path / "bad")

    def read_login(home: Home, now: datetime) -> Login:
        return fails() if home.path == bad else CODEX.read_login(home, now)

    faulty = replace(CODEX, read_login=read_login)
    first, second = take(tmp_path / "state", bad, good, mode="cached", providers=(faulty,))
    assert first.error is not None
    assert first.error.kind == "not_understood"
    assert first.error.message == "Internal error while handling this home (ZeroDivisionError)."
    assert second.account is not None


def test_an_internal_error_in_one_provider_affects_no_other(tmp_path: Path) -> None:
    def find_homes(environ: Mapping[str, str]) -> tuple[Home, ...]:
        raise ZeroDivisionError("access-secret")

    home = make_home(tmp_path / "home")
    faulty = replace(CODEX, find_homes=find_homes)
    first, second = take(tmp_path / "state", home, mode="cached", providers=(faulty, CODEX))
    assert first.error is not None
    assert first.error.message == "Internal error while handling the list of homes (ZeroDivisionError)."
    assert second.account is not None


def test_an_internal_error_in_one_account_affects_no_other(tmp_path: Path) -> None:
    class Faulty(AccountStore):
        asked = 0

        def account(self, key: str, now: datetime) -> object:  # type: ignore[override]
            self.asked += 1
            return fails() if self.asked == 1 else super().account(key, now)

    homes = [make_home(tmp_path / name, auth(account=name)) for name in ("a", "b")]
    environ = {"CODEX_HOME": ",".join(map(str, homes))}
    memory = Faulty(tmp_path / "state")
    first, second = take_usage((CODEX,), environ, memory, lambda: NOW, mode="cached").accounts
    assert first.error is not None
    assert first.error.message == "Internal error while handling this account (ZeroDivisionError)."
    assert second.account is not None


@pytest.mark.parametrize("mode", ["cached", "now"])
def test_a_local_source_that_hangs_costs_its_own_values_alone(tmp_path: Path, mode: Mode) -> None:
    released = Event()

    def hang(question: Question) -> Reading | None:
        return reading(40.0, "file") if question.home.path.name == "fine" else wait_for(released)

    source = FakeSource(hang, ident="file", local=True)
    provider = fake_provider([make_fake_home(tmp_path / name) for name in ("stuck", "fine")], source)
    try:
        stuck, fine = take_usage(
            (provider,),
            {},
            AccountStore(tmp_path / "state"),
            lambda: datetime.now(UTC),
            mode=mode,
            ask_seconds=0.5,
            look_seconds=0.5,
        ).accounts
    finally:
        released.set()
    assert (stuck.account is not None, lanes(stuck)) == (True, {})
    assert lanes(fine) == {"session": (40.0, "file")}


def wait_for(released: Event) -> Reading | None:
    released.wait(30)
    return None


def test_a_provider_that_is_switched_off_has_no_entry(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    assert take(tmp_path / "state", home, settings=ProviderSettings(enabled=False)) == ()


def test_homes_of_the_settings_stand_beside_those_of_the_environment(tmp_path: Path) -> None:
    one, two = (
        make_home(tmp_path / "one"),
        make_home(tmp_path / "two", auth(account="acct-2", email="b@x.io")),
    )
    settings = ProviderSettings(homes=(two, one, two))
    accounts = take(tmp_path / "state", one, mode="cached", settings=settings)
    assert [[Path(home).name for home in account.homes] for account in accounts] == [["one"], ["two"]]


def test_a_source_of_the_settings_is_asked_alone_unless_another_is_named(
    tmp_path: Path, server: FakeChatGPT
) -> None:
    home = make_home(tmp_path / "home", base=server.base)
    noted(home, 30, 33.0)
    settings = ProviderSettings(source="rollouts")
    (account,) = take(tmp_path / "state", home, settings=settings)
    assert lanes(account) == {"session": (33.0, "rollouts")}
    assert not server.requests
    (account,) = take(tmp_path / "state", home, settings=settings, source="oauth")
    assert lanes(account)["session"] == (37.0, "oauth")


def test_a_provider_without_the_source_that_is_asked_for_has_no_entry(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    bare = replace(
        CODEX, id="other", source_ids=CODEX.source_ids[:1], make_sources=lambda _: CODEX.sources[:1]
    )
    accounts = take(tmp_path / "state", home, source="rollouts", providers=(CODEX, bare))
    assert [account.provider for account in accounts] == ["codex"]


class Usual:
    """A provider like Codex, whose program keeps itself in these folders unasked."""

    def __init__(self, *folders: Path) -> None:
        self.provider = replace(CODEX, id="other", find_homes=self.find)
        self.folders = folders

    def find(self, environ: Mapping[str, str]) -> tuple[Home, ...]:
        return tuple(Home(provider="other", path=path, label=path.name) for path in self.folders)


def test_a_provider_never_used_here_has_no_entry_beside_others(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    absent = Usual(tmp_path / "a", tmp_path / "b").provider
    assert [each.provider for each in take(tmp_path / "state", home, providers=(CODEX, absent))] == ["codex"]
    (alone,) = take(tmp_path / "state", providers=(absent,))
    assert (alone.provider, alone.homes) == ("other", ("a",))
    assert alone.error is not None
    make_home(tmp_path / "b", auth(account="acct-2", email="b@x.io"))
    accounts = take(tmp_path / "state", home, mode="cached", providers=(CODEX, absent))
    assert [Path(each.homes[0]).name for each in accounts] == ["home", "b"]


def test_when_the_first_of_an_accounts_logins_ends(tmp_path: Path) -> None:
    homes = [make_home(tmp_path / name) for name in ("a", "b", "c")]
    ends = {homes[0]: NOW + 3 * MINUTE, homes[1]: NOW + MINUTE}

    def read_login(home: Home, now: datetime) -> Login:
        return replace(CODEX.read_login(home, now), ends_at=ends.get(home.path))

    provider = replace(CODEX, read_login=read_login)
    (account,) = take(tmp_path / "state", *homes, mode="cached", providers=(provider,))
    assert account.login_ends_at == NOW + MINUTE


@pytest.mark.skipif(sys.platform == "win32", reason="the fake is a program of this system's kind")
def test_whoever_signs_in_to_a_keyring_is_an_account_of_their_own(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", {})
    (home / "config.toml").write_text('cli_auth_credentials_store = "keyring"\n')
    own = {name: value for name, value in OWN.items() if name != "credits"}
    telling = {"account/rateLimits/read": {"rateLimits": own}}
    ids = []
    for minutes, email, answers in ((0, "a@b.c", {}), (10, "d@e.f", telling), (20, "d@e.f", telling)):
        account = {"account": {"type": "chatgpt", "email": email, "planType": "pro"}}
        program = launcher(tmp_path / "bin", answers={"account/read": account, **answers})
        asked = ProviderSettings(program=program)
        (found,) = take(tmp_path / "state", home, at=NOW + minutes * MINUTE, settings=asked)
        assert found.account is not None
        assert (found.account.email, found.credits is None) == (email, bool(answers))
        assert set(lanes(found)) >= {"session", "weekly"}
        ids.append(found.account.id)
    assert ids[0] != ids[1] == ids[2]


def test_an_api_key_has_a_cost_and_no_limits(tmp_path: Path) -> None:
    (account,) = take(tmp_path / "state", make_home(tmp_path / "home", {"OPENAI_API_KEY": "sk-1"}))
    assert (account.account, account.windows) == (None, ())
    assert account.error is not None
    assert "no limits, only costs" in account.error.message
