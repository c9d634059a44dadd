"""The numbers of what many responses have in common."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from providers.domain.cost import BilledResponse, Context, SentMessage, TokenUsage
from providers.ledger.checksum import of_values
from providers.ledger.contexts import Contexts
from providers.ledger.database import opened
from providers.ledger.log_checksums import CONTEXT
from providers.ledger.statements import CHUNK

CONTEXT_OF = Context(home=Path("/home/dev/.codex"), model="gpt-5.5", session="s", root="r", project="/app")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with opened(tmp_path / "ledger.sqlite3", repair=True) as db:
        yield db


def responses(*contexts: Context) -> list[BilledResponse]:
    return [BilledResponse(number, number, each, TokenUsage()) for number, each in enumerate(contexts)]


def messages(*contexts: Context) -> list[SentMessage]:
    return [SentMessage(number, number, each) for number, each in enumerate(contexts)]


def test_equal_ones_have_one_number_then_and_later(db: sqlite3.Connection) -> None:
    mini, other = replace(CONTEXT_OF, model="gpt-5.5-mini"), replace(CONTEXT_OF, session="t")
    contexts = Contexts(db, "codex")
    assert contexts.numbers(responses(CONTEXT_OF, mini, replace(CONTEXT_OF), mini)) == [1, 2, 1, 2]
    assert Contexts(db, "codex").numbers(responses(other, mini, CONTEXT_OF)) == [3, 2, 1]
    assert contexts.homes == {1: 1, 2: 1}


def test_the_same_session_in_another_home_is_another(db: sqlite3.Connection) -> None:
    elsewhere = replace(CONTEXT_OF, home=Path("/home/dev/.other"))
    contexts = Contexts(db, "codex")
    assert contexts.numbers(responses(CONTEXT_OF, elsewhere, CONTEXT_OF)) == [1, 2, 1]
    assert contexts.homes == {1: 1, 2: 2}
    assert Contexts(db, "codex").numbers(responses(elsewhere, CONTEXT_OF)) == [2, 1]


def test_what_is_unknown_is_stored_as_nothing(db: sqlite3.Connection) -> None:
    bare = Context(home=CONTEXT_OF.home)
    named = replace(bare, session="", model="")
    assert Contexts(db, "codex").numbers(responses(bare, named, bare)) == [1, 1, 1]


def test_more_sessions_than_one_statement_takes(db: sqlite3.Connection) -> None:
    many = [replace(CONTEXT_OF, session=f"s{number}") for number in range(CHUNK * 2 + 1)]
    assert Contexts(db, "codex").numbers(responses(*many)) == list(range(1, len(many) + 1))
    assert Contexts(db, "codex").numbers(responses(*reversed(many))) == list(range(len(many), 0, -1))


def test_messages_have_the_number_of_the_first_response_of_their_session(db: sqlite3.Connection) -> None:
    sent_in = replace(CONTEXT_OF, model=None)
    other = replace(sent_in, session="t")
    contexts = Contexts(db, "codex")
    contexts.numbers(responses(CONTEXT_OF, replace(CONTEXT_OF, model="gpt-5.5-mini")))
    assert contexts.numbers_of_messages(messages(sent_in, other, other, sent_in)) == [1, 3, 3, 1]
    assert contexts.numbers_of_messages(messages(other)) == [3]


def test_each_has_its_checksum(db: sqlite3.Connection) -> None:
    Contexts(db, "codex").numbers(
        responses(CONTEXT_OF, replace(CONTEXT_OF, project="/\udcff", not_on_lines=True))
    )
    for checksum, *values in db.execute(f"SELECT checksum, {CONTEXT} FROM contexts"):
        assert checksum == of_values(*values)
