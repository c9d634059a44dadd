"""What hangs holds up nothing but itself: a local source, a login, a mount, a server or four of them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from providers.source import Home, Login, Provider, Question
from tests.fake_provider import FakeSource, FileSource, fake_provider, make_fake_home, reading
from tests.tray.engine.test_engine import running, scope_of, used
from tray.engine import account_reader, watch
from tray.engine.bounded import Bounded


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """What hangs waits for it; whoever waits for what hangs waits a fifth of a second."""
    monkeypatch.setattr(account_reader, "READ_SECONDS", 0.2)
    monkeypatch.setattr(watch, "STUCK_SECONDS", 0.2)
    event = threading.Event()
    yield event
    event.set()


def test_a_local_source_hides_neither_its_account_nor_its_servers_answer(
    tmp_path: Path, release: threading.Event
) -> None:
    def local(question: Question) -> None:
        if question.home.path.name == "one":
            release.wait()

    homes = [make_fake_home(tmp_path / name) for name in ("one", "two")]
    server = FakeSource(lambda _: reading(30.0 + len(server.asked)))
    scope = scope_of(tmp_path, fake_provider(homes, server, FakeSource(local, ident="local", local=True)))
    with running(scope) as (engine, seen):
        first = seen.wait_for(lambda state: set(used(state)) == {"one", "two"} and not state.refreshing)
        engine.refresh(user_initiated=True)
        seen.wait_for(lambda state: used(state).get("one", 0) > used(first)["one"])


def test_a_login_holds_up_neither_another_one_nor_the_settings(
    tmp_path: Path, release: threading.Event
) -> None:
    homes = [make_fake_home(tmp_path / name) for name in ("one", "two")]
    plain = fake_provider(homes, FakeSource(lambda _: reading(30)))

    def read_login(home: Home, now: datetime) -> Login:
        if home.path.name == "one":
            release.wait()
        return plain.read_login(home, now)

    scope = scope_of(tmp_path, replace(plain, read_login=read_login))
    with running(scope) as (_, seen):
        state = seen.wait_for(lambda state: "two" in used(state))
        assert state.snapshot is not None
        error = state.snapshot.accounts[0].error
        assert error is not None
        assert error.kind == "timeout"
        (homes[1] / "account").write_text("another")
        seen.wait_for(
            lambda state: any(
                each.account and each.account.email == "another@example.com"
                for each in (state.snapshot.accounts if state.snapshot else ())
            )
        )
        scope.folders.settings.mkdir(parents=True, exist_ok=True)
        (scope.folders.settings / "settings.toml").write_text("[providers.fake]\nenabled = false\n")
        seen.wait_for(lambda state: state.snapshot is not None and not state.snapshot.accounts)
        release.set()


def test_a_dead_mount_does_not_hide_the_other_homes(tmp_path: Path, release: threading.Event) -> None:
    homes = [make_fake_home(tmp_path / name) for name in ("one", "two")]
    plain = fake_provider(homes, FakeSource(lambda _: reading(30)), FileSource())

    def watched(home: Home, environ: object) -> tuple[str, ...]:
        if home.path.name == "one":
            release.wait()
        return plain.watched(home, {})

    scope = scope_of(tmp_path, replace(plain, watched=watched))
    with running(scope) as (_, seen):
        seen.wait_for(lambda state: "two" in used(state) and not state.refreshing)
        noted = {"used": 77, "at": datetime.now(UTC).isoformat()}
        (homes[1] / "limits.json").write_text(json.dumps(noted))
        seen.wait_for(lambda state: used(state).get("two") == 77)
        release.set()  # the mount is back
        (homes[0] / "limits.json").write_text(json.dumps({**noted, "used": 55}))
        seen.wait_for(lambda state: used(state).get("one") == 55)


def test_many_servers_hold_up_another_for_a_moment_alone(tmp_path: Path, release: threading.Event) -> None:
    def answer(question: Question) -> object:
        if question.home.path.name != "answers":
            release.wait()
        return reading(30)

    names = ("a", "b", "c", "d", "answers")
    homes = [make_fake_home(tmp_path / name) for name in names]
    scope = scope_of(tmp_path, fake_provider(homes, FakeSource(answer)))  # type: ignore[arg-type]
    with running(scope) as (_, seen):
        began = time.monotonic()
        seen.wait_for(lambda state: "answers" in used(state))
        assert time.monotonic() - began < 6
        release.set()


class TestWhatNoFileTells:
    """It is found when everybody is asked again: by itself, or because the person wants it."""

    def changing(self, tmp_path: Path) -> tuple[Provider, list[str]]:
        home = make_fake_home(tmp_path / "one", "first")
        plain = fake_provider([home], FakeSource(lambda _: reading(30)))
        names = ["first"]

        def read_login(_home: Home, now: datetime) -> Login:
            (home / "account").write_text(names[-1])
            return plain.read_login(_home, now)

        unwatched = replace(plain, read_login=read_login, watched=lambda _home, _environ: ())
        return unwatched, names

    def test_another_login_in_a_keyring(self, tmp_path: Path) -> None:
        provider, names = self.changing(tmp_path)
        with running(scope_of(tmp_path, provider)) as (engine, seen):
            seen.wait_for(lambda state: "one" in used(state) and not state.refreshing)
            names.append("second")
            engine.refresh(user_initiated=True)
            seen.wait_for(
                lambda state: any(
                    each.account and each.account.email == "second@example.com"
                    for each in (state.snapshot.accounts if state.snapshot else ())
                )
            )


def test_a_home_that_appears_is_found_at_once(tmp_path: Path) -> None:
    here = make_fake_home(tmp_path / "here")
    providers = [
        fake_provider([here], FakeSource(lambda _: reading(30)), ident="a"),
        fake_provider([tmp_path / "later"], FakeSource(lambda _: reading(50)), ident="b"),
    ]
    # Where a program would keep itself unasked counts only once it is there.
    with running(scope_of(tmp_path, *providers)) as (_, seen):
        seen.wait_for(lambda state: "here" in used(state) and not state.refreshing)
        make_fake_home(tmp_path / "later")
        seen.wait_for(lambda state: used(state).get("later") == 50)


def test_bounded_work_is_never_begun_twice_meanwhile() -> None:
    bounded, release, begun = Bounded(), threading.Event(), []

    def hang() -> str:
        begun.append(1)
        release.wait()
        return "done"

    assert bounded.run("x", 0.05, hang, otherwise="late") == "late"
    assert bounded.run("x", 0.05, hang, otherwise="late") == "late"
    assert len(begun) == 1
    assert bounded.run("y", 5, lambda: "quick", otherwise="late") == "quick"
    release.set()
    ends = time.monotonic() + 5
    while bounded.run("x", 5, lambda: "again", otherwise="late") == "late":
        assert time.monotonic() < ends
    with pytest.raises(KeyError):
        bounded.run("z", 5, lambda: dict[str, str]()["missing"], otherwise=None)
