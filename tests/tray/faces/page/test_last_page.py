"""The last tab and range, where an address has none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tray.faces.page.asking import request, scope_in, served
from tray.faces.page import query
from tray.faces.page.last_page import FILE, LastPage


def test_the_page_goes_to_the_last_tab_and_range_also_after_a_restart(tmp_path: Path) -> None:
    with served(scope_in(tmp_path)) as page:
        assert request(page, "GET", "/").status == 200
        assert request(page, "GET", "/?tab=models&range=7d&provider=codex&note=x").status == 200
        answer = request(page, "GET", "/")
        assert (answer.status, answer.header("location")) == (303, "/?tab=models&range=7d")
    with served(scope_in(tmp_path)) as page:
        assert request(page, "GET", "/").header("location") == "/?tab=models&range=7d"
        assert request(page, "GET", "/?tab=overview").status == 200
        assert request(page, "GET", "/").header("location") == "/?tab=overview"
    assert (tmp_path / "state" / FILE).stat().st_mode & 0o777 == 0o600


def test_an_update_of_a_page_stays_on_it_when_another_tab_has_gone_elsewhere(tmp_path: Path) -> None:
    with served(scope_in(tmp_path)) as page:
        assert request(page, "GET", "/?tab=models").status == 200
        update = request(page, "GET", "/", [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Dest", "empty")])
        assert update.status == 200
        assert "<title>Overview" in update.text


def test_an_address_that_means_nothing_is_not_remembered(tmp_path: Path) -> None:
    kept = LastPage(tmp_path)
    kept.note(query.parse({"tab": "nothing", "range": "for ever", "from": "x"}))
    assert kept.last.address == "/"
    kept.note(query.parse({"range": "custom", "from": "2026-11-01", "to": "2026-11-07", "zone": "UTC"}))
    assert LastPage(tmp_path).last.address == "/?range=custom&from=2026-11-01&to=2026-11-07"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"nonsense",
        b"\xff",
        b'{"tab": 7, "range": ["7d"]}',
        b'{"tab": "//evil.example"}',
        b"[" * 9999,
    ],
)
def test_a_damaged_file_remembers_nothing(content: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert LastPage(tmp_path).last.address == "/"


def test_where_nothing_can_be_kept_it_is_known_until_the_end(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    kept = LastPage(tmp_path)
    kept.note(query.parse({"tab": "data"}))
    assert kept.last.tab == "data"
    assert json.dumps(kept.last.given()) == '{"tab": "data"}'
