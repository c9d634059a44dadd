"""The facts of a report, with providers controlled by the test."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from providers.domain.errors import Offline, ProgramMissing
from providers.domain.limits import UsageError
from providers.polling.account_store import AccountState, AccountStore, SourceState
from providers.source import Installed, Provider, account_key
from tests.fake_provider import FakeSource, FileSource, fake_provider, make_fake_home, reading
from tests.tray.engine.test_engine import scope_of
from tray.engine.doctor import collect as collecting
from tray.engine.doctor import providers as provider_checks
from tray.engine.doctor.checks import begin
from tray.engine.doctor.collect import collect
from tray.engine.doctor.facts import DesktopFacts, Failed, NetworkFacts, ProviderFacts, Report
from tray.engine.scope import Scope

DESKTOP = DesktopFacts(backend="native")
SECRET = "access-secret-7f3a9c"


def report_of(folder: Path, *providers: Provider, environ: Mapping[str, str] = {}) -> Report:
    scope = scope_of(folder, *providers)
    return collect(
        Scope({**scope.environ, **environ}, scope.folders, scope.zone, providers=providers), lambda: DESKTOP
    )


def facts_of(folder: Path, provider: Provider) -> ProviderFacts:
    (facts,) = report_of(folder, provider).providers
    return facts


def fake(*homes: Path, **more: object) -> Provider:
    server = FakeSource(lambda _question: reading(30))
    provider = fake_provider(homes, server, FileSource())
    return replace(provider, **more)


class TestACheck:
    def test_that_answers(self) -> None:
        assert begin(lambda: 5, 1)() == 5

    def test_that_breaks_down_names_the_place_and_no_value(self) -> None:
        def breaks() -> int:
            return int(SECRET)

        failed = begin(breaks, 1)()
        assert isinstance(failed, Failed)
        assert failed.check_failed.startswith("Internal error (ValueError at ")
        assert SECRET not in failed.check_failed

    def test_that_hangs_is_left_behind(self) -> None:
        ended = threading.Event()
        began = time.monotonic()
        assert begin(ended.wait, 0.1)() == Failed("No answer within 0.1 s.")
        assert time.monotonic() - began < collecting.SECONDS
        ended.set()


def test_nothing_is_written_and_no_server_is_asked(tmp_path: Path) -> None:
    server = FakeSource(lambda _question: reading(30))
    home = make_fake_home(tmp_path / "home")
    before = sorted(tmp_path.rglob("*"))
    report_of(tmp_path, fake_provider([home], server))
    assert sorted(tmp_path.rglob("*")) == before
    assert server.asked == []


class TestAProgram:
    def test_one_that_is_there(self, tmp_path: Path) -> None:
        chosen: list[Path | None] = []

        def find(_environ: Mapping[str, str], path: Path | None) -> Installed:
            chosen.append(path)
            return Installed(path=tmp_path / "fake", version="1.2.3")

        (tmp_path / "own").mkdir()
        (tmp_path / "own/settings.toml").write_text('[providers.fake]\nprogram = "/opt/fake"\n')
        facts = facts_of(tmp_path, fake(tmp_path / "home", find_program=find))
        assert not isinstance(facts.program, Failed | None)
        assert (facts.program.command, facts.program.version, facts.program.error) == ("fake", "1.2.3", None)
        assert chosen == [Path("/opt/fake")]

    def test_none(self, tmp_path: Path) -> None:
        def find(_environ: Mapping[str, str], _path: Path | None) -> Installed:
            raise ProgramMissing("There is none.", remedy="Install it.")

        facts = facts_of(tmp_path, fake(tmp_path / "home", find_program=find))
        assert not isinstance(facts.program, Failed | None)
        assert facts.program.path is None
        assert facts.program.error is not None
        assert facts.program.error.kind == "program_missing"

    def test_one_that_hangs_takes_nothing_else_down(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(provider_checks, "PROGRAM_SECONDS", 0.2)
        ended = threading.Event()

        def find(_environ: Mapping[str, str], _path: Path | None) -> Installed:
            ended.wait()
            raise AssertionError

        facts = facts_of(tmp_path, fake(make_fake_home(tmp_path / "home"), find_program=find))
        ended.set()
        assert facts.program == Failed("No answer within 0.2 s.")
        assert not isinstance(facts.homes, Failed)
        assert facts.homes[0].exists


class TestHomes:
    def test_with_a_login_without_one_and_none_at_all(self, tmp_path: Path) -> None:
        homes = [make_fake_home(tmp_path / "dev"), tmp_path / "nobody", tmp_path / "none"]
        homes[1].mkdir()
        facts = facts_of(tmp_path, fake(*homes)).homes
        assert not isinstance(facts, Failed)
        signed_in, nobody, none = facts
        assert signed_in.login is not None
        assert (signed_in.login.email, signed_in.login.error) == ("d…@example.com", None)
        assert nobody.login is not None
        assert nobody.login.error is not None
        assert nobody.login.error.kind == "not_signed_in"
        assert (none.exists, none.login) == (False, None)

    def test_homes_that_cannot_be_listed(self, tmp_path: Path) -> None:
        def breaks(_environ: Mapping[str, str]) -> tuple[()]:
            raise KeyError(SECRET)

        facts = facts_of(tmp_path, fake(find_homes=breaks))
        assert isinstance(facts.homes, Failed)
        assert isinstance(facts.accounts, Failed)
        assert "KeyError" in facts.homes.check_failed
        assert SECRET not in facts.homes.check_failed

    def test_of_a_provider_that_is_switched_off_nothing_is_looked_at(self, tmp_path: Path) -> None:
        (tmp_path / "own").mkdir()
        (tmp_path / "own/settings.toml").write_text("[providers.fake]\nenabled = false\n")
        facts = facts_of(tmp_path, fake(make_fake_home(tmp_path / "home")))
        assert facts == ProviderFacts(id="fake", title="Fake", enabled=False)


class TestSources:
    AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

    def remember(self, folder: Path, provider: Provider, known: AccountState) -> None:
        (home,) = provider.find_homes({})
        identity = provider.read_login(home, self.AT).identity
        assert identity is not None
        state = scope_of(folder, provider).folders.state
        AccountStore(state).save_account(account_key(home, identity), known)

    def outcomes(self, folder: Path, provider: Provider) -> dict[str, tuple[bool | None, str | None]]:
        facts = facts_of(folder, provider).accounts
        assert not isinstance(facts, Failed)
        (account,) = facts
        return {
            source.id: (source.ok, source.error.kind if source.error else None) for source in account.sources
        }

    def test_never_asked(self, tmp_path: Path) -> None:
        provider = fake(make_fake_home(tmp_path / "home"))
        assert self.outcomes(tmp_path, provider) == {"server": (None, None), "file": (None, None)}

    def test_as_it_is_saved(self, tmp_path: Path) -> None:
        provider = fake(make_fake_home(tmp_path / "home"))
        error = Offline("No network.", retry_at=self.AT + timedelta(minutes=5)).as_data()
        asked = SourceState(asked_at=self.AT, error=error)
        self.remember(tmp_path, provider, AccountState(sources={"server": asked}, error=error))
        assert self.outcomes(tmp_path, provider)["server"] == (False, "offline")
        answered = AccountState(sources={"server": SourceState(asked_at=self.AT)})
        self.remember(tmp_path, provider, answered)
        assert self.outcomes(tmp_path, provider)["server"] == (True, None)

    @pytest.mark.parametrize("attempts", [[], "no list", [{"source": 5}], None])
    def test_of_local_ones_as_it_is_published(self, tmp_path: Path, attempts: object) -> None:
        provider = fake(make_fake_home(tmp_path / "home"))
        failed = UsageError(kind="not_understood", message="No.", remedy="Yes.")
        good = [{"source": "file", "ok": False, "ms": 1, "error": msgspec.to_builtins(failed)}]
        state = scope_of(tmp_path, provider).folders.state
        state.mkdir(parents=True)
        for written, outcome in ((attempts, (None, None)), (good, (False, "not_understood"))):
            account = {"provider": "fake", "homes": ["home"], "attempts": written}
            document = {"schema": "tankful.snapshot/1", "providers": [5, account]}
            (state / "snapshot.json").write_text(json.dumps(document))
            assert self.outcomes(tmp_path, provider)["file"] == outcome


def test_of_the_network_names_alone(tmp_path: Path) -> None:
    environ = {
        "HTTPS_PROXY": f"http://me:{SECRET}@proxy:80",
        "ALL_PROXY": "socks5h://x:1",
        "all_proxy": "socks9://x",
        "SSL_CERT_FILE": "/x",
    }
    report = report_of(tmp_path, environ=environ)
    assert report.network == NetworkFacts(
        variables=("HTTPS_PROXY", "ALL_PROXY", "all_proxy", "SSL_CERT_FILE"), unsupported=("all_proxy",)
    )


def test_a_desktop_that_hangs_takes_nothing_else_down(tmp_path: Path) -> None:
    ended = threading.Event()

    def hangs() -> DesktopFacts:
        ended.wait()
        return DESKTOP

    report = collect(scope_of(tmp_path), hangs, seconds=0.2)
    ended.set()
    assert report.desktop == Failed("No answer within 0.2 s.")
    assert not isinstance(report.system, Failed)
    assert report.system == collecting._system()
