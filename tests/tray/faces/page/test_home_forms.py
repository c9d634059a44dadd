"""Homes, subscriptions and settings through the page: forms are posted to a real server."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace

from tests.homes import NOW, make_home
from tests.tray.faces.page.asking import posted, request, scope_in, served
from tools.example_states import CLAUDE, CODEX, state
from tray.engine.publish import SnapshotFile
from tray.faces.page.service import PageService

LOGS = Path(__file__).parents[3] / "fixtures/codex/0.169.0/plain/home/sessions"
BACK = "/?tab=prices&range=all"


class HomePage:
    """A server over one Codex home with logs, whose account was published."""

    def __init__(self, folder: Path, service: PageService) -> None:
        self.folder, self.service = folder, service
        self.settings = folder / "settings.toml"
        assert service.figures.wait(1, 20)

    def get(self, target: str = BACK) -> str:
        answer = request(self.service, "GET", target.partition("#")[0])
        assert answer.status == 200
        return html.unescape(answer.text)

    def post(self, name: str, fields: dict[str, str]) -> str:
        answer = posted(self.service, name, urlencode({"back": BACK, **fields}))
        assert answer.status == 303
        return self.get(answer.header("location") or "")

    def row(self, home: str, text: str | None = None) -> list[str]:
        """The cells of a home's row, without markup."""
        part = (text or self.get()).split(f'<bdi title="{home}">')[1].split("</tr>")[0]
        cells = [re.sub(r"<[^>]+>", " ", each) for each in part.split("</td>")]
        return [" ".join(each.split()) for each in cells][:-1]


@pytest.fixture
def page(tmp_path: Path) -> Iterator[HomePage]:
    codex, claude = str(tmp_path / "codex"), str(tmp_path / "claude")
    shutil.copytree(LOGS, tmp_path / "codex/sessions")
    (tmp_path / "state").mkdir()
    usages = (replace(CODEX, homes=(codex,)), replace(CLAUDE, homes=(claude,)))
    now = state(*usages)
    SnapshotFile(tmp_path / "state", "tray", clock=lambda: NOW)(now, now)
    with served(scope_in(tmp_path)) as service:
        yield HomePage(tmp_path, service)


def said(text: str) -> list[str]:
    return re.findall(r'role="(?:alert|status)"><p>(.*?)</p>', text)


def mistakes(text: str) -> list[str]:
    return re.findall(r'class="mistake"[^>]*>(.*?)</p>', text)


def test_each_home_says_what_it_has_and_from_where_it_is_known(page: HomePage) -> None:
    codex, claude = page.folder / "codex", page.folder / "claude"
    account = CODEX.account
    assert account is not None
    cells = page.row(str(codex))
    assert cells.pop(0).endswith(f" Codex {account.email} (Pro)")
    assert cells == [
        "2",
        "8",
        "2026-11-20",
        "CODEX_HOME",
        "To remove it, take it out of CODEX_HOME.",
    ]
    assert " Claude. This folder does not exist." in page.row(str(claude))[0]
    assert page.row(str(claude))[1:4] == ["0", "0", "never"]


def test_a_home_is_counted_once_added_and_its_numbers_go_with_it(page: HomePage) -> None:
    other = make_home(page.folder / "other/.codex")
    log = other / "sessions/2026/11/19/rollout-2026-11-19T10-00-00-0199f0aa-0000-7000-8000-000000000000.jsonl"
    source = next(LOGS.rglob("*.jsonl"))
    log.parent.mkdir(parents=True)
    log.write_text(re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-7", "0199f0aa-0000-7", source.read_text()))
    text = page.post("home-add", {"provider": "codex", "path": str(other)})
    assert f"{other} was added to Codex, and its logs are counted." in said(text)
    cells = page.row(str(other), text)
    assert cells[1] == "1"
    assert int(cells[2]) > 0
    assert cells[4:] == ["Settings", "Remove"]
    before = page.settings.read_text()
    text = page.post("home-add", {"provider": "codex", "path": f"{other}/"})
    assert said(text) == ["The home was not added. Correct what is marked."]
    assert mistakes(text) == [f"{other} is already a home of Codex."]
    assert f'name="path" value="{other}/"' in text
    assert page.settings.read_text() == before
    sent = dict(re.findall(r'name="(provider|home)" value="(\w+)"', text.split("/do/home-remove")[1]))
    text = page.post("home-remove", sent)
    assert f"{other} was removed from the settings. Its files were left as they are." in said(text)
    assert str(other) not in text.replace(f"{other} was removed", "")
    assert log.exists()
    again = page.post("home-add", {"provider": "codex", "path": str(other)})
    assert page.row(str(other), again)[1:4] == cells[1:4], "what was counted is back"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"provider": "codex", "home": "{codex}"}, "take it out of CODEX_HOME"),
        ({"provider": "codex", "home": "000000000000"}, "no longer a home"),
        ({"provider": "nobody", "home": "0"}, "Choose the program that uses this home."),
        ({}, "Choose the program that uses this home."),
    ],
)
def test_what_the_settings_do_not_have_is_not_removed(
    page: HomePage, fields: dict[str, str], sentence: str
) -> None:
    (codex,) = page.service.figures._scope.homes("codex")
    filled = {name: text.format(codex=codex.id) for name, text in fields.items()}
    assert sentence in said(page.post("home-remove", filled))[0]
    assert not page.settings.exists()


def test_no_path_of_another_is_in_an_answer_to_who_may_not_ask(page: HomePage) -> None:
    answer = request(page.service, "GET", BACK, cookie=False)
    assert answer.status == 403
    assert str(page.folder) not in answer.text


def test_a_price_for_each_account_is_kept_by_its_id(page: HomePage) -> None:
    assert CODEX.account is not None
    assert CLAUDE.account is not None
    codex, claude = f"account:{CODEX.account.id}", f"account:{CLAUDE.account.id}"
    text = page.post("subscriptions", {codex: "$200", claude: " 19.99 "})
    assert "Saved." in said(text)
    assert 'value="200"' in text
    assert page.settings.read_text().endswith(
        f'[subscriptions]\n{CODEX.account.id} = "200 USD"\n{CLAUDE.account.id} = "19.99 USD"\n'
    )
    assert "Nothing changed." in said(page.post("subscriptions", {codex: "200", claude: "19.99"}))
    text = page.post("subscriptions", {codex: "-1", claude: "20 EUR"})
    assert mistakes(text) == [
        "This should be an amount in USD above 0, such as 100 or 19.99.",
        "Enter it in USD, like the costs: no exchange rate is known here.",
    ]
    assert 'value="-1"' in text
    assert "200 USD" in page.settings.read_text()
    page.post("subscriptions", {codex: "", "account:unknown": "5"})
    assert page.settings.read_text().endswith(f'[subscriptions]\n{CLAUDE.account.id} = "19.99 USD"\n')
    page.post("subscriptions", {claude: ""})
    assert "subscriptions" not in page.settings.read_text()


def test_a_price_by_a_home_or_in_another_currency_stays_as_the_person_has_it(page: HomePage) -> None:
    page.settings.write_text(f'[subscriptions]\n"{page.folder / "codex"}" = "90 EUR" # work\n"~/x" = 5\n')
    before = page.settings.read_text()
    text = page.get()
    name = f"account:{page.folder / 'codex'}"
    assert f'name="{name}" value="90 EUR"' in text
    assert "Nothing changed." in said(page.post("subscriptions", {name: "90 EUR"}))
    assert page.settings.read_text() == before
    page.post("subscriptions", {name: "100"})
    assert page.settings.read_text() == before.replace('"90 EUR"', '"100 USD"')


def test_settings_are_saved_together_or_not_at_all(page: HomePage) -> None:
    good = {"display.hide_email": "on", "display.work_days": "mon-fri", "budget.day": "50%"}
    text = page.post("settings", {**good, "budget.month": "50%"})
    assert mistakes(text) == ["This should be an amount in USD, such as 20."]
    assert re.search(r'name="display.hide_email" value="on" checked', text)
    assert not page.settings.exists()
    text = page.post("settings", good)
    assert "Saved." in said(text)
    assert page.settings.read_text().endswith(
        '[display]\nwork_days = "mon-fri"\nhide_email = true\n\n[budget]\nday = "50%"\n'
    )
    assert CODEX.account is not None
    assert str(CODEX.account.email) not in text, "the page obeys at once"
    assert "Saved." in said(page.post("settings", {"display.work_days": "all"}))
    assert "[" not in page.settings.read_text()
    text = page.post("settings", {"display.work_days": "never"})
    assert len(mistakes(text)) == 1


def test_how_often_limits_are_read_is_set_beside_what_became_of_it(page: HomePage) -> None:
    before = page.get()
    assert re.search(r"Limits updated .*, next refresh ", before)
    assert "Logs counted just now." in before
    page.post("settings", {"refresh.every": "15m", "display.work_days": "all"})
    assert page.settings.read_text().endswith('[refresh]\nevery = "15m"\n')
    assert re.search(r'<option value="15m" selected', page.get())


def test_other_settings_are_not_set_here(page: HomePage) -> None:
    text = page.post("settings", {"notify.command": "rm", "providers.codex.program": "/bin/sh"})
    assert "Nothing changed." in said(text)
    assert not page.settings.exists()


def test_damaged_settings_are_shown_and_left_alone(page: HomePage) -> None:
    page.settings.write_text("a = = 1\n")
    assert "line 1: not TOML" in page.get()
    for name, fields in (
        ("settings", {"display.used": "on", "display.work_days": "all"}),
        ("home-add", {"provider": "codex", "path": str(make_home(page.folder / "more"))}),
    ):
        assert "settings.toml, line 1: not TOML" in said(page.post(name, fields))[0]
    assert page.settings.read_text() == "a = = 1\n"


def test_a_snapshot_of_another_make_has_no_accounts(page: HomePage) -> None:
    (page.folder / "state/snapshot.json").write_text(json.dumps({"schema": "other"}))
    assert "USD a month" not in page.get()
    assert "Nothing changed." in said(page.post("subscriptions", {"account:x": "5"}))


def test_hostile_names_of_homes_are_shown_and_removed(tmp_path: Path) -> None:
    odd = ["<script>alert(1)</script>", "a\u202eb", "a\nb", "quo\"te'", "é" * 100, "%s{0}#x"]
    folders = [make_home(tmp_path / "odd" / name) for name in odd]
    undecodable = os.fsdecode(b"/nowhere/\xff\xfe")
    environ = {"CODEX_HOME": f"{folders[0]},{undecodable}"}
    settings = json.dumps([str(folder) for folder in folders[1:]])
    (tmp_path / "settings.toml").write_text(f"[providers.codex]\nhomes = {settings}\n")
    with served(scope_in(tmp_path, **environ)) as service:
        page = HomePage(tmp_path, service)
        raw = request(service, "GET", BACK).text
        assert "<script>alert" not in raw
        assert "\u202e" not in raw
        assert raw.count(">Remove</button>") == len(folders) - 1
        for _ in folders[1:]:
            sent = re.findall(r'name="(provider|home)" value="(\w+)"', page.get().split("/do/home-remove")[1])
            assert "Its files were left as they are." in said(page.post("home-remove", dict(sent)))[0]
        assert page.get().count(">Remove</button>") == 0
    assert "homes" not in page.settings.read_text()
