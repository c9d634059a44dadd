"""Tooltip, menu, printed text and summary say the same of a window, whatever the setting."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.tray.view.test_menu import NOW, PRO, SESSION, WEEKLY, ZONE, state_of, with_settings
from tray.view import menu, tooltip

percentages = st.floats(0, 100) | st.sampled_from([0.0, 0.4, 99.5, 99.99, 100.0])


@given(session=percentages, weekly=percentages, is_used=st.booleans())
def test_all_say_the_same(session: float, weekly: float, is_used: bool) -> None:
    lanes = tuple(
        replace(lane, value=replace(lane.value, used_percent=percent))
        for lane, percent in ((SESSION, session), (WEEKLY, weekly))
    )
    state = state_of(replace(PRO, windows=lanes), settings=with_settings(display__used=is_used))
    printed = [
        row.text for row in menu.status_rows(state, NOW, ZONE) if row.key.endswith(("session", "weekly"))
    ]
    said = _numbers(tooltip.title(state, NOW))
    assert len(said) == 2
    assert _numbers(menu.summary(state, NOW, ZONE).split("\n")[0]) == said
    assert _numbers(" ".join(text for text in printed if text.lstrip()[0] in "━─")) == said
    drawn = [row.text for row in menu.rows(state, NOW, ZONE) if ":window:" in row.key]
    assert [number for number, _ in _numbers(" ".join(drawn))] == [number for number, _ in said]


def _numbers(text: str) -> list[tuple[str, str]]:
    """Each percentage with the word behind it; less than one, however exactly, as such."""
    found = re.findall(r"(< 1|[\d.]+) % *(left|used)?", text)
    return [("< 1" if number.startswith("0.") else number, word) for number, word in found]
