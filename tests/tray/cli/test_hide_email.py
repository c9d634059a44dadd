"""With `display.hide_email` no text for people names an e-mail address; JSON, which programs read, does."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fake_chatgpt import fake_chatgpt, says, usage_now
from tests.homes import auth, make_home
from tests.tray.cli.test_main import FIXTURES, Person

COMMANDS = (
    (),
    ("usage",),
    ("usage", "--cached"),
    ("cost", "--by", "account", "--since", "2026-11-01"),
    ("doctor",),
)


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    """With two accounts of one plan, which only their addresses and their homes tell apart, and with logs."""
    with fake_chatgpt() as server:
        server.answer = says(usage_now())
        found = Person(tmp_path, server)
        other = make_home(tmp_path / "other", auth(account="acct-2", email="b@example.com"), base=server.base)
        found.environ["CODEX_HOME"] = f"{found.home},{other}"
        shutil.copytree(FIXTURES / "plain/home/sessions", found.home / "sessions")
        yield found


def test_no_text_names_an_address(person: Person) -> None:
    shown = {command: person.run(*command) + person.errors for command in COMMANDS}
    assert "dev@example.com" in shown["usage",]
    (person.folder / "own/settings.toml").write_text("[display]\nhide_email = true\n")
    hidden = {command: person.run(*command) + person.errors for command in COMMANDS}
    assert {command for command, text in hidden.items() if "@example" in text} == set()
    for text in (hidden[()], hidden["usage",]):
        assert "~/codex" in text
        assert "~/other" in text, "the two are still told apart"
    accounts = json.loads(person.run("usage", "--json"))["providers"]
    assert "dev@example.com" in {each["account"]["email"] for each in accounts if each["account"]}
