"""The page as one file: complete, private, and asking nobody for anything."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from pathlib import Path

import pytest

from tests.tray.faces.page.asking import request, scope_in, served
from tests.tray.faces.page.ledgers import LedgerPage, billed
from tray.faces.page import whole_file
from tray.faces.page.render import Pages

HOSTILE = '<script>alert(1)</script>"><form action=/do/x><a href="/x">\N{RIGHT-TO-LEFT OVERRIDE}\0'


@pytest.fixture
def ledger(tmp_path: Path) -> LedgerPage:
    made = LedgerPage(tmp_path)
    return made.add(
        "codex",
        [
            billed(home=made.codex, model="gpt-5.5", tokens=12_345, project=f"/work/{HOSTILE}"),
            billed(home=made.codex, model=HOSTILE, tokens=7),
        ],
    )


def test_it_has_every_tab_and_leads_to_no_server(ledger: LedgerPage, tmp_path: Path) -> None:
    file = tmp_path / "out" / "usage.html"
    whole_file.write(file, Pages(), ledger.data())
    text = file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert {"overview", "usage", "models"} <= set(re.findall(r'<div class="part" id="(\w+)"', text))
    assert re.findall(r'<(?:link|script|img|iframe)[^>]*(?:src|href)="(?!data:)[^"]*"', text) == []
    links = re.findall(r'href="([^"]*)"', text)
    assert links
    assert all(each.startswith(("#", "data:", "https://")) for each in links)
    assert "<form" not in text
    assert "127.0.0.1" not in text
    assert "token=" not in text
    assert 'value="12352"' in text


def test_names_in_it_do_nothing(ledger: LedgerPage) -> None:
    text = whole_file.whole(Pages(), ledger.data())
    assert "alert(1)" in text
    assert "<script>alert" not in text
    assert text.count("<script>") == 1
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in text
    assert "\0" not in text


def test_its_policy_allows_its_own_script_and_style_alone(ledger: LedgerPage) -> None:
    import base64
    import hashlib

    text = whole_file.whole(Pages(), ledger.data())
    found = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert found is not None
    for element in ("style", "script"):
        content = text.partition(f"<{element}>")[2].partition(f"</{element}>")[0]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{element}-src &#39;sha256-{digest}&#39;" in found[1]
    assert "unsafe" not in found[1]


@pytest.mark.skipif(sys.platform == "win32", reason="links and named pipes")
def test_a_link_stays_one_and_a_pipe_is_written_to(ledger: LedgerPage, tmp_path: Path) -> None:
    real, link, pipe = tmp_path / "real.html", tmp_path / "link.html", tmp_path / "pipe"
    link.symlink_to(real)
    os.mkfifo(pipe)
    read = list[str]()
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    for file in (link, pipe):
        whole_file.write(file, Pages(), ledger.data())
    reader.join(10)
    assert link.is_symlink()
    assert pipe.is_fifo()
    assert read == [real.read_text()]
    assert real.stat().st_mode & 0o777 == 0o600


def test_recalc_rewrites_the_file_of_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "usage.html"
    with served(scope_in(tmp_path, TANKFUL_DASHBOARD_HTML=str(file))) as page:
        assert json.loads(request(page, "GET", "/recalc", cookie=False).body)["ok"] is True
    assert "</html>" in file.read_text()


def test_recalc_says_where_the_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with served(scope_in(tmp_path, TANKFUL_DASHBOARD_HTML=str(tmp_path / "folder"))) as page:
        answer = json.loads(request(page, "GET", "/recalc", cookie=False).body)
    assert (answer["ok"], answer["error"]) == (False, "html_failed")
