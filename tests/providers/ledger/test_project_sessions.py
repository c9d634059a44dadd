from __future__ import annotations

import sqlite3
from datetime import datetime

import pytest

from providers.domain.cost import BilledResponse
from providers.ledger.epoch_ms import ms
from providers.ledger.project_sessions import NoSuchProject, sessions, spellings
from tests.providers.ledger.test_window_use import BEGIN, DAY, HOUR, OTHER, billed, db, store

__all__ = ["db"]  # the fixture


def known(db: sqlite3.Connection, since: datetime, until: datetime) -> list[tuple[str, int]]:
    _, found = spellings(db, "app", ["/work/app"])
    return [(each.account, len(each.uses)) for each in sessions(db, found, ms(since), ms(until))]


def of_app(key: int, at: datetime, session: str = "s", root: str = "", **more: str) -> BilledResponse:
    return billed(key, at, project="/work/app", **{"session": session, "root": root or session, **more})


def test_sessions_with_their_subagents_from_their_begin_on(db: sqlite3.Connection) -> None:
    store(
        db,
        [of_app(1, BEGIN), of_app(2, BEGIN + DAY), of_app(3, BEGIN + DAY, "sub", "s")],
        [billed(4, BEGIN + DAY, session="t", root="t", project="/work/other")],
        [of_app(5, BEGIN + DAY, "u"), of_app(6, BEGIN + 2 * DAY, "u")],
        [of_app(7, BEGIN, "v")],
    )
    assert known(db, BEGIN + HOUR, BEGIN + DAY) == [("me", 3)]
    assert known(db, BEGIN + HOUR, BEGIN + 3 * DAY) == [("me", 3), ("me", 2)]


def test_a_copy_in_another_home_counts_once_and_two_accounts_say_nothing(db: sqlite3.Connection) -> None:
    copy = billed(1, BEGIN, project="/work/app", home=OTHER)
    store(db, [of_app(1, BEGIN), copy], [of_app(2, BEGIN, "b"), of_app(3, BEGIN, "b", account="you")])
    assert known(db, BEGIN, BEGIN) == [("me", 1)]


def test_a_project_by_its_path_or_its_name(db: sqlite3.Connection) -> None:
    folders = ("/work/app", "/old/app", "/work/Tool", "C:\\Code\\Web", "c:/code/web")
    store(db, [billed(number, BEGIN, project=each) for number, each in enumerate(folders)])
    assert spellings(db, "app", ["/work/app"])[0] == "/work/app"
    assert spellings(db, "tool", ["/elsewhere/tool"]) == ("/work/Tool", ["/work/Tool"])
    assert sorted(spellings(db, "web", ["/x/web"])[1]) == ["C:\\Code\\Web", "c:/code/web"]
    with pytest.raises(NoSuchProject, match=r"several projects are called 'app'.*: /old/app, /work/app"):
        spellings(db, "app", ["/elsewhere/app"])
    with pytest.raises(NoSuchProject, match="no session of 'none' is logged"):
        spellings(db, "none", ["/work/none"])


def test_a_project_by_a_folder_in_it(db: sqlite3.Connection) -> None:
    store(db, [billed(number, BEGIN, project=each) for number, each in enumerate(("/work", "/work/app"))])
    above = ["/work/app/src", "/work/app", "/work"]
    assert spellings(db, "view", ["/work/app/src/view"], above)[0] == "/work/app"
    assert spellings(db, "work", ["/work/app/work"], above)[0] == "/work"  # a name is what was meant
