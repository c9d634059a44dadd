"""`tankful login-cookie`, as a person runs it, with a keyring in memory and a server of the test's own."""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from providers.domain.errors import Denied, ProgramMissing
from tests.fake_chatgpt import FakeChatGPT, fake_chatgpt, says, usage_now
from tests.fake_items import FakeItems
from tests.homes import auth, make_home
from tests.web_logins import COOKIE, PASTED, SECRETS, session
from tray.cli import login_cookie
from tray.cli.console import BadArgument

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def server() -> Iterator[FakeChatGPT]:
    with fake_chatgpt() as fake:
        fake.session = says(session())
        fake.answer = says(usage_now())
        yield fake


@pytest.fixture
def home(server: FakeChatGPT, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A CODEX_HOME without a login."""
    folder = make_home(tmp_path / "codex", base=server.base)
    (folder / "auth.json").unlink()
    monkeypatch.setenv("TANKFUL_HOME", str(tmp_path / "tankful"))
    monkeypatch.setenv("CODEX_HOME", str(folder))
    return folder


@pytest.fixture
def items() -> FakeItems:
    return FakeItems()


@pytest.fixture
def run(
    home: Path, items: FakeItems, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    def run(*arguments: str, pasted: str = PASTED) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(pasted.encode())))
        parser = argparse.ArgumentParser()
        login_cookie.add_arguments(parser)
        try:
            code = login_cookie.run(parser.parse_args(arguments), items)
        except SystemExit as ended:
            code = int(str(ended.code))
        out, err = capsys.readouterr()
        assert not [secret for secret in SECRETS if secret in out + err]
        return code, out, err

    return run


def marked(tmp_path: Path) -> Any:
    return json.loads((tmp_path / "tankful/state/cookies.json").read_text())


def test_from_saving_to_removing(run: Run, items: FakeItems, tmp_path: Path) -> None:
    assert run("--list") == (0, "No cookie is saved.\n", "")
    code, out, err = run()
    assert (code, err) == (0, "")
    (saved,) = marked(tmp_path)
    assert out == f"The cookie of dev@example.com ({saved['account']}) was saved in the keyring.\n"
    assert COOKIE in items.kept[f"codex-{saved['account']}"]
    code, out, err = run("--list")
    assert out.startswith(f"{saved['account']}  dev@example.com  saved ")
    code, out, err = run("--remove", "--account", "other@example.com")
    assert (code, out) == (1, "")
    assert items.kept
    code, out, err = run("--remove")
    assert (code, err) == (0, "")
    assert items.kept == {}
    assert marked(tmp_path) == []
    assert run("--remove")[0] == 1


@pytest.mark.parametrize("name", ["dev@example.com", "DEV@example.com", "acct-1", "user-1", "c6431f76"])
def test_the_account_by_any_of_its_names(run: Run, items: FakeItems, name: str) -> None:
    assert run("--account", name)[0] == 0
    assert items.kept


def test_the_cookie_of_another_account_is_refused(run: Run, items: FakeItems, tmp_path: Path) -> None:
    code, _, err = run("--account", "other@example.com")
    assert code == 1
    assert err == "tankful: this cookie is of another account, dev@example.com. Nothing was saved.\n"
    assert not items.kept
    assert not (tmp_path / "tankful/state/cookies.json").exists()


@pytest.mark.parametrize("refusal", [Denied("The keyring is locked."), ProgramMissing("No keyring.")])
def test_a_keyring_that_refuses(
    run: Run, items: FakeItems, server: FakeChatGPT, refusal: Denied | ProgramMissing, tmp_path: Path
) -> None:
    items.refuses = refusal
    code, _, err = run()
    assert code == 1
    assert err == f"tankful: {refusal.message} {refusal.remedy}\n"
    assert not server.asked_session
    assert not (tmp_path / "tankful/state/cookies.json").exists()


@pytest.mark.parametrize("pasted", ["", "no cookie", "a\x00b", "x" * 20_000])
def test_what_is_no_cookie_is_sent_nowhere(run: Run, server: FakeChatGPT, pasted: str) -> None:
    code, _, err = run(pasted=pasted)
    assert code == 1
    assert err.startswith("tankful: ")
    assert not server.asked_session


def test_a_cookie_that_is_not_signed_in_is_not_saved(run: Run, items: FakeItems, server: FakeChatGPT) -> None:
    server.session = says({})
    code, _, err = run()
    assert code == 1
    assert "paste the cookie again" in err
    assert not items.kept


def test_of_several_the_one_to_remove_is_named(run: Run, items: FakeItems, server: FakeChatGPT) -> None:
    assert run()[0] == 0
    server.session = says(session("acct-2", "user-2", "two@example.com"))
    assert run()[0] == 0
    with pytest.raises(BadArgument):
        run("--remove")
    assert run("--remove", "--account", "two@example.com")[0] == 0
    assert len(items.kept) == 1


def test_of_several_with_one_address_the_one_to_remove_is_named_by_its_id(
    run: Run, items: FakeItems, server: FakeChatGPT, tmp_path: Path
) -> None:
    assert run()[0] == 0
    server.session = says(session("acct-2", "user-1", "dev@example.com"))
    assert run()[0] == 0
    first, second = (each["account"] for each in marked(tmp_path))
    with pytest.raises(BadArgument, match=f"{first}, {second}"):
        run("--remove", "--account", "dev@example.com")
    assert len(items.kept) == 2
    assert run("--remove", "--account", second)[0] == 0
    assert list(items.kept) == [f"codex-{first}"]


def test_an_unknown_provider(run: Run) -> None:
    with pytest.raises(BadArgument):
        run("--provider", "claude")


def test_an_account_that_is_also_signed_in_by_its_cli(run: Run, home: Path, tmp_path: Path) -> None:
    make_home(home, auth(), base=None)
    assert run()[0] == 0
    assert marked(tmp_path)[0]["account"] == "c6431f76"
