"""What each program is given, and what it must not find in it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.domain.visible import visible
from tests.tray.faces.bars import sample
from tray.faces.bars import formats
from tray.faces.bars.formats import FORMATS
from tray.faces.bars.line import BarLine, bar_line

pytestmark = pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone cannot be set here")


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as context:
        context.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize("name", FORMATS)
def test_the_lines_are_those_that_were_looked_at(name: str) -> None:
    assert sample.lines(name) == (sample.GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def hostile(title: str) -> BarLine:
    made = sample.judged(sample.account(sample.window(37, title), title=title))
    return bar_line(made, "all", sample.NOW.timestamp())


titles = st.text(st.sampled_from("ab&<>#[]{}%\"'\\\n\x1b\u202e\u05e9\u9031")) | st.text()


@given(titles)
def test_every_format_is_one_line(title: str) -> None:
    for form in FORMATS.values():
        line = form.write(hostile(title))
        assert len(line.splitlines()) == 1
        assert visible(line) == line


@given(titles)
def test_waybar_reads_markup_that_says_what_was_meant(title: str) -> None:
    line = hostile(title)
    read = json.loads(FORMATS["waybar"].write(line))
    for member, meant in (("text", line.short), ("tooltip", line.tooltip)):
        assert "".join(ET.fromstring(f"<span>{read[member]}</span>").itertext()) == meant
    assert type(read["percentage"]) is int


@given(titles)
def test_tmux_finds_no_format(title: str) -> None:
    shown = FORMATS["tmux"].write(hostile(title))
    assert "#" not in shown.replace("##", "")
    assert formats._columns(shown.replace("##", "#")) <= formats.TMUX_COLUMNS


@given(titles)
def test_polybar_finds_no_tag(title: str) -> None:
    assert "%{" not in FORMATS["polybar"].write(hostile(title))


@given(titles)
def test_i3blocks_finds_no_escape(title: str) -> None:
    line = hostile(title)
    written = FORMATS["i3blocks"].write(line)
    assert "\\" not in written
    read = json.loads(written)
    assert (len(read["full_text"]), len(read["short_text"])) == (len(line.text), len(line.short))
    assert read["markup"] == "none"
