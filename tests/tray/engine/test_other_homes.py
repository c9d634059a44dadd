from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from providers.domain.limits import Account, AccountUsage
from tests.fake_provider import FakeSource, fake_provider, make_fake_home, reading
from tests.tray.engine.test_engine import scope_of
from tests.tray.faces.published import Folder
from tray.engine import published
from tray.engine.costs import Costs
from tray.engine.document_values import as_time
from tray.engine.once import take_round
from tray.engine.other_homes import KEPT_SECONDS, MOST, those_that_exist, with_other_homes

Document = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def every(homes: Collection[str]) -> Collection[str]:
    return homes


def snapshot(folder: Folder, *accounts: AccountUsage) -> Document:
    folder.publish(*accounts, kind="command")
    found = published.read(str(folder.state))
    assert found is not None
    return found


def usage(folder: Folder, name: str, *homes: str, used: float = 20) -> AccountUsage:
    known = Account(id=name, email=None, plan=None)
    return folder.account(folder.window(used), account=known, homes=homes or (f"/{name}",))


def joined(
    folder: Folder, now: Document, before: Document | None, later: float = 60, **more: Any
) -> Document:
    given: Document = {"providers": {"codex"}, "existing": every} | more
    return with_other_homes(now, before, folder.now.timestamp() + later, **given)


def homes(document: Document) -> list[list[str]]:
    return [account["homes"] for account in document["providers"]]


class TestWhatIsKept:
    def test_of_another_home(self, folder: Folder) -> None:
        before = snapshot(folder, usage(folder, "b"))
        now = snapshot(folder, usage(folder, "a"))
        found = joined(folder, now, before)
        assert homes(found) == [["/a"], ["/b"]]
        assert found["providers"][0] == now["providers"][0]
        assert found["providers"][1] == {
            **before["providers"][0],
            "read_earlier": {"/b": before["generated_at"]},
        }

    def test_a_home_that_was_just_read_is_what_was_just_read(self, folder: Folder) -> None:
        before = snapshot(folder, usage(folder, "b"), usage(folder, "c", "/c", "/a"))
        now = snapshot(folder, usage(folder, "a"))
        assert homes(joined(folder, now, before)) == [["/a"], ["/b"], ["/c"]]

    def test_an_account_in_two_homes_is_one(self, folder: Folder) -> None:
        before = snapshot(folder, usage(folder, "a", "/b", used=90))
        now = snapshot(folder, usage(folder, "a", used=95))
        (found,) = joined(folder, now, before)["providers"]
        assert found["homes"] == ["/a", "/b"]
        assert found["read_earlier"] == {"/b": before["generated_at"]}
        assert found["windows"][0]["used_percent"] == 95

    def test_those_without_an_account_are_not_one(self, folder: Folder) -> None:
        before = snapshot(folder, folder.account(account=None, homes=("/b",)))
        now = snapshot(folder, folder.account(account=None, homes=("/a",)))
        assert homes(joined(folder, now, before)) == [["/a"], ["/b"]]

    def test_rounds_for_others_do_not_make_it_newer(self, folder: Folder) -> None:
        before = snapshot(folder, usage(folder, "b"))
        second = {**joined(folder, snapshot(folder, usage(folder, "a")), before), "generated_at": "later"}
        third = joined(folder, snapshot(folder, usage(folder, "a")), second)
        assert third["providers"][1]["read_earlier"] == {"/b": before["generated_at"]}
        assert "read_earlier" not in third["providers"][0]

    @pytest.mark.parametrize(
        ("later", "kept"), [(0, True), (KEPT_SECONDS - 1, True), (KEPT_SECONDS, False), (-1, False)]
    )
    def test_for_a_while(self, folder: Folder, later: float, kept: bool) -> None:
        before = snapshot(folder, usage(folder, "b"))
        found = joined(folder, snapshot(folder, usage(folder, "a")), before, later)
        assert homes(found) == [["/a"], *([["/b"]] if kept else [])]

    def test_not_of_a_home_that_is_gone(self, folder: Folder) -> None:
        there = folder.folder / "there"
        there.mkdir()
        before = snapshot(folder, usage(folder, "b", str(there), "/gone/b"))
        found = joined(folder, snapshot(folder, usage(folder, "a")), before, existing=those_that_exist)
        assert homes(found) == [["/a"], [str(there)]]

    def test_a_home_below_ones_own_folder(
        self, folder: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))
        (tmp_path / ".codex").mkdir()
        assert those_that_exist(["~/.codex", "~/.other"]) == {"~/.codex"}

    def test_not_of_a_provider_that_is_switched_off(self, folder: Folder) -> None:
        before = snapshot(folder, usage(folder, "b"))
        assert homes(joined(folder, snapshot(folder), before, providers={"claude"})) == []

    def test_not_of_any_number_of_homes(self, folder: Folder) -> None:
        before = snapshot(folder, *(usage(folder, f"b{number}") for number in range(MOST + 5)))
        found = joined(folder, snapshot(folder, usage(folder, "a")), before)
        assert len(found["providers"]) == 1 + MOST == 17

    def test_the_newest(self, folder: Folder) -> None:
        before = snapshot(folder, *(usage(folder, f"b{number}") for number in range(MOST + 5)))
        for number, account in enumerate(before["providers"]):
            at = as_time(folder.now + timedelta(seconds=number))
            account["read_earlier"] = dict.fromkeys(account["homes"], at)
        found = joined(folder, snapshot(folder), before)
        assert homes(found) == [[f"/b{number}"] for number in range(5, MOST + 5)]

    def test_an_account_that_was_two(self, folder: Folder) -> None:
        before = snapshot(folder, usage(folder, "a", "/b"), usage(folder, "a", "/c"))
        (found,) = joined(folder, snapshot(folder, usage(folder, "a")), before)["providers"]
        assert found["homes"] == ["/a", "/b", "/c"]
        assert found["read_earlier"] == dict.fromkeys(("/b", "/c"), before["generated_at"])


class TestBudgets:
    def test_shares_of_the_accounts_that_are_kept(self, folder: Folder) -> None:
        own = {"provider": "codex", "account": "a", "used": 1}
        others = {"provider": "codex", "account": "b", "used": 2}
        gone = {"provider": "codex", "account": "c", "used": 3}
        before = snapshot(folder, usage(folder, "b"))
        before["budgets"] = [{"provider": None, "account": None}, {**own, "used": 9}, others, gone]
        now = {**snapshot(folder, usage(folder, "a")), "budgets": [own]}
        assert joined(folder, now, before)["budgets"] == [own, others]
        before["settings"]["budget"] = {"day": "5 %"}
        assert joined(folder, now, before)["budgets"] == [own]


@pytest.mark.parametrize(
    "bent",
    [
        {"providers": [1]},
        {"providers": [{}]},
        {"generated_at": None},
        {"generated_at": "soon"},
        {"settings": None},
        {"budgets": 5},
    ],
)
def test_a_damaged_snapshot_adds_nothing(folder: Folder, bent: Document) -> None:
    now = snapshot(folder, usage(folder, "a"))
    assert joined(folder, now, {**snapshot(folder, usage(folder, "b")), **bent}) == now
    assert joined(folder, now, None) == now


def test_a_damaged_account_is_left_out(folder: Folder) -> None:
    before = snapshot(folder, usage(folder, "b"), usage(folder, "c"))
    before["providers"][0]["windows"] = [1]
    assert homes(joined(folder, snapshot(folder, usage(folder, "a")), before)) == [["/a"], ["/c"]]


def test_rounds_of_two_homes_in_turns(tmp_path: Path) -> None:
    """As two sessions' hooks start them."""
    found = []
    for name in ("one", "two", "one"):
        home = make_fake_home(tmp_path / name)
        provider = fake_provider([home], FakeSource(lambda _: reading(20)))
        labelled = replace(
            provider,
            find_homes=lambda _, home=home: tuple(
                replace(each, label=str(home)) for each in fake_provider([home]).find_homes({})
            ),
        )
        scope = scope_of(tmp_path, labelled)
        take_round(scope, Costs(scope), "due")
        document = published.read(str(scope.folders.state))
        assert document is not None
        found.append([Path(each).name for account in homes(document) for each in account])
    assert found == [["one"], ["two", "one"], ["one", "two"]]
