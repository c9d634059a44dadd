"""A jump of the totals is explained once."""

from __future__ import annotations

import os
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.tray.faces.page.ledgers import NOW, LedgerPage, billed
from tray.faces.page.figures import CountStatus
from tray.faces.page.render import Pages
from tray.faces.page.sections import news
from tray.faces.page.sources_seen import FILE, TotalsSource, note

TODAY = date(2026, 11, 20)
CODEX, CLAUDE, BEYOND = (
    TotalsSource("codex", "~/.codex"),
    TotalsSource("claude", "~/.claude"),
    TotalsSource("claude"),
)


def test_what_was_there_the_first_time_is_not_new(tmp_path: Path) -> None:
    assert note(tmp_path, {CODEX, CLAUDE}, TODAY) == {}
    assert note(tmp_path, {CODEX, CLAUDE}, TODAY) == {}


def test_a_source_is_new_for_two_days(tmp_path: Path) -> None:
    note(tmp_path, {CODEX}, TODAY)
    assert note(tmp_path, {CODEX, CLAUDE, BEYOND}, TODAY) == {CLAUDE: TODAY, BEYOND: TODAY}
    assert note(tmp_path, {CODEX, CLAUDE}, TODAY + timedelta(days=1)) == {CLAUDE: TODAY}
    assert note(tmp_path, {CODEX, CLAUDE, BEYOND}, TODAY + timedelta(days=2)) == {}


def test_one_that_comes_back_is_not_new_again(tmp_path: Path) -> None:
    note(tmp_path, {CODEX, CLAUDE}, TODAY)
    note(tmp_path, {CODEX}, TODAY)
    assert note(tmp_path, {CODEX, CLAUDE}, TODAY + timedelta(days=9)) == {}


def test_an_empty_ledger_is_not_the_first_time(tmp_path: Path) -> None:
    assert note(tmp_path, set(), TODAY) == {}
    assert not (tmp_path / FILE).exists()
    assert note(tmp_path, {CODEX}, TODAY) == {}


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'[{"source": 3}]', b"\xff" * 100])
def test_a_damaged_file_is_made_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert note(tmp_path, {CODEX}, TODAY) == {}
    assert note(tmp_path, {CODEX, CLAUDE}, TODAY) == {CLAUDE: TODAY}


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="modes of POSIX, which root ignores")
def test_where_nothing_can_be_saved_nothing_is_new(tmp_path: Path) -> None:
    note(tmp_path, {CODEX}, TODAY)
    tmp_path.chmod(0o500)
    assert note(tmp_path, {CODEX, CLAUDE}, TODAY) == {}
    tmp_path.chmod(0o700)


def test_where_the_file_cannot_be_written_nothing_is_new(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file instead of a folder")
    assert note(tmp_path / "state", {CODEX}, TODAY) == {}


def test_the_page_tells_it(tmp_path: Path) -> None:
    page = LedgerPage(tmp_path)
    page.add("codex", [billed(NOW, home=page.codex)])
    assert news.build(page.data()) is None
    page.add(
        "claude",
        [billed(NOW, home=page.claude), billed(NOW, home=page.claude, not_on_lines=True)],
    )
    counting = replace(page.data(), count=CountStatus(share=0.5))
    assert news.build(counting) is None
    built = news.build(page.data("?provider=codex"))
    assert built is not None
    beyond, home = built.sentences
    assert beyond.startswith(
        "Since today, all totals include usage that Claude reports only as the total of a session"
    )
    assert home.startswith("Since today, all totals include the logs of Claude in ")
    assert "New in the totals" in Pages().page(page.data())
    assert "New in the totals" not in Pages().page(page.data("?tab=usage"))
