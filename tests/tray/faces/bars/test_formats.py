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
from providers.registry import PROVIDERS
from tests.tray.faces.bars import sample
from tray.engine.settings import Settings
from tray.engine.settings_table import SHOW_USED, table_of
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


MARK = "\u200e"


def hostile(title: str) -> BarLine:
    made = sample.judged(sample.account(sample.window(37, title), title=title))
    return bar_line(made, "all", sample.NOW.timestamp())


titles = st.text(st.sampled_from("ab&<>#[]{}%\"'\\\n\x1b\u202e\u05e9\u9031")) | st.text()


@given(titles)
def test_every_format_is_one_line(title: str) -> None:
    for form in FORMATS.values():
        line = form.write(hostile(title))
        assert len(line.splitlines()) == 1
        assert visible(line.replace(MARK, "")) == line.replace(MARK, "")


@given(titles)
def test_waybar_reads_markup_that_says_what_was_meant(title: str) -> None:
    line = hostile(title)
    read = json.loads(FORMATS["waybar"].write(line))
    for member, meant in (("text", line.short), ("tooltip", line.tooltip)):
        shown = "".join(ET.fromstring(f"<span>{read[member]}</span>").itertext())
        assert shown.replace(MARK, "") == meant
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
    texts = [read[member].replace(MARK, "") for member in ("full_text", "short_text")]
    assert list(map(len, texts)) == [len(line.text), len(line.short)]
    assert read["markup"] == "none"


@pytest.mark.parametrize("name", ["waybar", "i3blocks"])
def test_names_from_right_to_left_stay_in_their_place(name: str) -> None:
    shown = FORMATS[name].write(hostile("\u05e9\u05dc \u05d5\u05dd"))
    text = json.loads(shown)["text" if name == "waybar" else "short_text"]
    assert text == f"{MARK}\u05e9\u05dc \u05d5\u05dd{MARK} 63 % left"


def test_what_is_used_if_the_person_wants_that() -> None:
    settings = Settings(table=table_of(PROVIDERS), values={SHOW_USED.key: True})
    made = sample.judged(sample.account(sample.window(37)), settings=settings)
    line = bar_line(made, "all", sample.NOW.timestamp())
    assert (line.text, line.short, line.left) == ("Codex 5h 37 % used", "Codex 37 % used", 63)


@pytest.mark.parametrize("sign", ["\u9031", "\uff37", "\U0001f600"])
def test_tmux_counts_columns_and_not_characters(sign: str) -> None:
    """A wide one takes two; so 40 columns are never more than 20 of them."""
    line = FORMATS["tmux"].write(BarLine(sign * 30, sign * 30, "", "ok", 37))
    assert line == f"{sign * 19}\u2026"
    line = FORMATS["tmux"].write(BarLine(sign * 20, "short", "", "ok", 37))
    assert line == sign * 20
