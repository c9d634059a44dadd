"""The names of threads."""

from __future__ import annotations

import os
from pathlib import Path

from providers.codex.sessions.finder import CodexSessions
from providers.codex.sessions.titles import ThreadTitles
from tests.providers.codex.sessions.fakes import Fake, FakeTable, lock, uuid, written
from tests.providers.codex.sessions.lines import START

ONE, TWO = uuid(1), uuid(2)


def named(session: str, title: str) -> bytes:
    return f'{{"id":"{session}","thread_name":"{title}","updated_at":"2026-11-29T15:06:28.702241759Z"}}\n'.encode()


def test_the_last_name_counts(tmp_path: Path) -> None:
    index, titles = tmp_path / "session_index.jsonl", ThreadTitles()
    assert titles.of(tmp_path) == {}
    index.write_bytes(named(ONE, "first") + b"{\n" + named(TWO, "other"))
    assert titles.of(tmp_path) == {ONE: "first", TWO: "other"}
    with index.open("ab") as file:
        file.write(named(ONE, "second") + named(TWO, "half")[:-3])
    assert titles.of(tmp_path) == {ONE: "second", TWO: "other"}


def test_of_a_long_index_the_end_is_read(tmp_path: Path) -> None:
    (tmp_path / "session_index.jsonl").write_bytes(
        named(ONE, "lost") + b"x" * (1 << 20) + b"\n" + named(TWO, "kept")
    )
    assert ThreadTitles().of(tmp_path) == {TWO: "kept"}


def test_a_pipe_of_that_name_holds_nobody_up(tmp_path: Path) -> None:
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "session_index.jsonl")
    assert ThreadTitles().of(tmp_path) == {}


def test_a_session_has_its_title(tmp_path: Path) -> None:
    (tmp_path / "session_index.jsonl").write_bytes(named(ONE, "Rename the parser"))
    table = FakeTable(Fake(pid=7, files=written(lock(tmp_path, ONE), lock(tmp_path, TWO))))
    found = CodexSessions().find([tmp_path], table, START).sessions
    assert {each.id: each.title for each in found} == {ONE: "Rename the parser", TWO: None}
