"""All charts at once: whole markup, a name for each picture, and nothing a content policy would refuse."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tools import chart_page
from tools.chart_page import charts, page


@pytest.fixture(scope="module")
def drawn() -> list[ET.Element]:
    return [ET.fromstring(f"<div>{each}</div>") for each in charts()]


def test_one_command_writes_a_page_of_them(tmp_path: Path) -> None:
    chart_page.main([str(tmp_path / "parts.html")])
    assert "Weekly window" in (tmp_path / "parts.html").read_text("utf-8")
    assert (tmp_path / "page.css").stat().st_size > 1000


def test_no_style_and_no_script_of_their_own() -> None:
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:|url\(", page())


def test_foreign_names_do_nothing() -> None:
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page()
    assert "\u202e" not in page().split("<h2>Charts")[1]


def test_every_picture_has_a_name_or_is_hidden(drawn: list[ET.Element]) -> None:
    outer = [
        svg
        for each in drawn
        for svg in each.iter("svg")
        if "role" in svg.attrib or "aria-hidden" in svg.attrib
    ]
    assert len(outer) > 60
    for svg in outer:
        assert svg.get("aria-hidden") == "true" or (svg.get("role") == "img" and svg.get("aria-label"))


def test_every_table_has_a_caption_and_heads_with_a_scope(drawn: list[ET.Element]) -> None:
    tables = [table for each in drawn for table in each.iter("table")]
    assert len(tables) > 10
    for table in tables:
        assert table[0].tag == "caption"
        assert table[0].text
        assert {head.get("scope") for head in table.iter("th")} == {"col", "row"}


def test_every_chart_of_values_has_a_table(drawn: list[ET.Element]) -> None:
    for each in drawn:
        if any(svg.get("class") in {"plot", "weeks"} for svg in each.iter("svg")):
            assert each.find(".//table") is not None
