from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.ledger.windows import WindowRecord
from tray.view.export.calendar import calendar
from tray.view.export.redact import Redaction

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
OPEN = WindowRecord(
    account="a1b2c3d4",
    window="session",
    starts_at=NOON,
    resets_at=NOON + timedelta(hours=5),
    used_percent=41.5,
    seen_at=NOON + timedelta(hours=1),
)
TITLES = {("a1b2c3d4", "session"): ("Codex", "5h")}


def text(*records: WindowRecord, since: datetime | None = None, until: datetime | None = None) -> str:
    return b"".join(calendar(records, TITLES, Redaction(), since, until)).decode()


def test_an_event() -> None:
    assert text(OPEN).split("\r\n")[5:-2] == [
        "BEGIN:VEVENT",
        "UID:58b7ba5473019668e3b99b2b5adfaffa@tankful",
        "DTSTAMP:20261120T130000Z",
        "DTSTART:20261120T170000Z",
        "SEQUENCE:0",
        "SUMMARY:Codex 5h resets",
        "DESCRIPTION:42 % used\\, account a1b2c3d4.",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def test_a_moved_reset_is_the_next_version_of_the_same_event() -> None:
    moved = replace(OPEN, resets_at=NOON + timedelta(hours=9), moved=1)
    before, after = text(OPEN).split("\r\n"), text(moved).split("\r\n")
    assert [line for line in after if line not in before] == ["DTSTART:20261120T210000Z", "SEQUENCE:1"]
    early = replace(moved, ended_at=NOON + timedelta(hours=2), reset_early=True)
    assert {"DTSTART:20261120T140000Z", "SEQUENCE:2"} <= set(text(early).split("\r\n"))


def test_a_reset_within_a_minute_of_the_hour_is_at_the_hour() -> None:
    """Servers tell seconds, and other ones each time."""
    early = replace(OPEN, resets_at=NOON + timedelta(hours=5, seconds=-1), used_percent=99.7)
    assert "DTSTART:20261120T170000Z" in text(early)
    assert "DESCRIPTION:99 % used\\," in text(early)


def test_which_are_in_it() -> None:
    early = replace(OPEN, ended_at=NOON + timedelta(hours=2), reset_early=True)
    over = replace(OPEN, window="weekly", ended_at=NOON + timedelta(hours=3))
    unknown = replace(OPEN, resets_at=None)
    assert "SUMMARY:Codex 5h was reset early" in text(early)
    assert "SUMMARY:Weekly was reset\r\n" in text(over)
    assert "VEVENT" not in text(unknown)
    assert "VEVENT" not in text(OPEN, since=NOON + timedelta(hours=6))
    assert "VEVENT" not in text(OPEN, until=NOON + timedelta(hours=5))
    assert "VEVENT" in text(OPEN, since=NOON + timedelta(hours=5))


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("A\r\nEND:VEVENT\r\nB", "A \\nEND:VEVENT \\nB"),
        ("\x1b[31m\u202e\u2028x", " [31m  x"),
        ("a;b,c\\d", "a\\;b\\,c\\\\d"),
        ("\ud800", "\\ud800"),
    ],
)
def test_names_of_others_are_text_and_no_lines(title: str, shown: str) -> None:
    titles = {("a1b2c3d4", "session"): ("Codex", title)}
    raw = b"".join(calendar([OPEN], titles, Redaction())).decode()
    assert f"SUMMARY:Codex {shown} resets\r\n" in raw


def test_lines_of_just_the_longest() -> None:
    """75 bytes, and a blank begins each that goes on."""
    for more, lengths in ((0, [75]), (1, [75, 2]), (74, [75, 75]), (75, [75, 75, 2])):
        window = "x" * (75 - len("SUMMARY: resets") + more)
        unfolded = text(replace(OPEN, window=window)).split("\r\nSUMMARY:")[1].split("\r\nDESCRIPTION")[0]
        assert list(map(len, f"SUMMARY:{unfolded}".split("\r\n"))) == lengths


def test_years_have_four_figures() -> None:
    assert "DTSTART:09990101T000000Z" in text(replace(OPEN, resets_at=datetime(999, 1, 1, tzinfo=UTC)))


@given(st.text(st.characters(), max_size=300))
@example("\ud800")
@example("\U0001f600" * 60)
def test_lines_are_short_and_whole(window: str) -> None:
    raw = b"".join(calendar([replace(OPEN, window=window)], {}, Redaction()))
    lines = raw.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert all(line.decode() is not None for line in lines)  # no character is cut
    assert b"\n" not in raw.replace(b"\r\n", b"")
    unfolded = raw.decode().replace("\r\n ", "")
    assert unfolded.count("BEGIN:VEVENT\r\n") == unfolded.count("END:VEVENT\r\n") == 1
