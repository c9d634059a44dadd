from __future__ import annotations

import json
import os
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from platformdirs.macos import MacOS

from providers.claude.statusline import bridge
from providers.claude.statusline.source import StatuslineSource
from providers.domain.limits import Reading
from providers.host.files import own_folders
from providers.host.state_folder import state_folder
from providers.source import Question, Source
from tests.fake_anthropic import NOW, SECRETS, make_home, question
from tests.homes import SECRETS as HOME_SECRETS
from tests.providers.codex.test_auth import json_values
from tests.providers.conformance import SourceConformance

MINUTE = timedelta(minutes=1)
RESET = 1_795_183_680
WEEK = {"used_percentage": 61, "resets_at": RESET + 86_400}


def status_json(session: str = "one", used: float = 37.5, answered: int = 5, **changes: Any) -> bytes:
    """What 2.1.329 hands to its status line's command, as far as it matters, and a prompt."""
    content = {
        "session_id": session,
        "transcript_path": "/home/dev/.claude/projects/x/one.jsonl",
        "last_prompt": "a secret word",
        "cost": {"total_cost_usd": 1.5, "total_api_duration_ms": answered},
        "rate_limits": {
            "five_hour": {"used_percentage": used, "resets_at": RESET},
            "seven_day": WEEK,
        },
    }
    return json.dumps(content | changes).encode()


class Line:
    """A status line in a home of its own, and the source that reads what it keeps."""

    def __init__(self, folder: Path) -> None:
        self.home = make_home(folder / "claude")
        self.own = folder / "own"
        self.environ = {"TANKFUL_HOME": str(self.own), "CLAUDE_CONFIG_DIR": str(self.home.path)}

    def drawn(self, raw: bytes, at: datetime = NOW) -> None:
        if (report := bridge.parse(raw)) is not None:
            bridge.keep(report, self.environ, at.timestamp())

    def read(self, **changes: Any) -> Reading | None:
        return StatuslineSource(self.environ).read(question(self.home, **changes))

    def kept(self) -> list[Path]:
        return [path for path in self.own.rglob("*") if path.is_file()]


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


class TestConformance(SourceConformance):
    secrets = (*SECRETS, *HOME_SECRETS)

    @pytest.fixture
    def source(self, line: Line) -> Source:
        line.drawn(status_json(), NOW - MINUTE)
        return StatuslineSource(line.environ)

    @pytest.fixture
    def question(self, line: Line) -> Question:
        return question(line.home)


def test_from_the_line_to_a_reading(line: Line) -> None:
    line.drawn(status_json(), NOW - MINUTE)
    reading = line.read()
    assert reading is not None
    assert [(w.id, w.title, w.used_percent, w.resets_at) for w in reading.windows] == [
        ("session", "5h", 37.5, datetime.fromtimestamp(RESET, UTC)),
        ("weekly", "Weekly", 61, datetime.fromtimestamp(RESET + 86_400, UTC)),
    ]
    assert (reading.source, reading.fetched_at) == ("statusline", NOW - MINUTE)
    assert reading.speaks_for == frozenset()


def test_no_conversation_is_stored(line: Line) -> None:
    line.drawn(status_json())
    (file,) = line.kept()
    assert json.loads(file.read_text()) == {
        "limits": {
            "five_hour": {"used_percentage": 37.5, "resets_at": RESET},
            "seven_day": {"used_percentage": 61, "resets_at": RESET + 86_400},
        },
        "answered_ms": 5,
        "dropped": [],
        "at": NOW.timestamp(),
    }
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_redrawn_line_reports_nothing_new(line: Line) -> None:
    line.drawn(status_json(), NOW - 50 * MINUTE)
    line.drawn(status_json(), NOW)
    reading = line.read()
    assert reading is not None
    assert reading.fetched_at == NOW - 50 * MINUTE
    line.drawn(status_json(answered=6), NOW)
    reading = line.read()
    assert reading is not None
    assert reading.fetched_at == NOW


def test_of_two_sessions_the_one_with_the_latest_response_counts(line: Line) -> None:
    line.drawn(status_json("one", 10), NOW - 5 * MINUTE)
    line.drawn(status_json("two", 20), NOW - 4 * MINUTE)
    line.drawn(status_json("one", 10), NOW)
    reading = line.read()
    assert reading is not None
    assert reading.windows[0].used_percent == 20


def test_another_home_is_another_line(line: Line) -> None:
    line.drawn(status_json())
    line.environ["CLAUDE_CONFIG_DIR"] = str(line.home.path.with_name("other"))
    line.drawn(status_json(used=99))
    reading = line.read()
    assert reading is not None
    assert reading.windows[0].used_percent == 37.5


@pytest.mark.parametrize(
    ("at", "found"),
    [
        (NOW - timedelta(hours=23), True),
        (NOW - timedelta(hours=25), False),  # another account may have been signed in
        (NOW + 4 * MINUTE, True),
        (NOW + 6 * MINUTE, False),
    ],
)
def test_whose_it_is_and_how_old(line: Line, at: datetime, *, found: bool) -> None:
    line.drawn(status_json(), at)
    assert (line.read() is not None) is found
    assert line.read(account_since=NOW + timedelta(hours=1)) is None


@pytest.mark.parametrize(
    ("changes", "windows"),
    [
        ({"rate_limits": {"five_hour": {"used_percentage": 0}}}, {"session": 0}),
        ({"rate_limits": {"seven_day": {"used_percentage": 5, "resets_at": None}}}, {"weekly": 5}),
        ({"rate_limits": {"five_hour": {"used_percentage": None, "resets_at": RESET}}}, None),
        ({"rate_limits": {"five_hour": {"used_percentage": True}}}, None),
        ({"rate_limits": {"five_hour": {"used_percentage": "5"}}}, {"session": 5}),
        ({"rate_limits": {"five_hour": {"used_percentage": ""}}}, None),
        ({"rate_limits": {"five_hour": {"used_percentage": "full"}}}, None),
        ({"rate_limits": {"five_hour": {"used_percentage": float("nan")}}}, None),
        ({"rate_limits": {"five_hour": {"used_percentage": RESET}}}, None),
        ({"rate_limits": {"five_hour": {"used_percentage": str(RESET)}, "seven_day": WEEK}}, {"weekly": 61}),
        ({"rate_limits": {"five_hour": {"used_percentage": -5}}}, None),
        ({"rate_limits": {"five_hour": {"used_percentage": 10_001}}}, None),
        ({"rate_limits": {"five_hour": 5, "spend_limit": {"used_percentage": 5}}}, None),
        ({"rate_limits": {}}, None),
        ({"rate_limits": None}, None),
        ({"rate_limits": []}, None),
    ],
)
def test_what_is_missing_is_no_window(
    line: Line, changes: dict[str, Any], windows: dict[str, float] | None
) -> None:
    line.drawn(status_json(**changes))
    reading = line.read()
    assert (reading and {w.id: w.used_percent for w in reading.windows}) == windows


@pytest.mark.parametrize(
    ("resets_at", "known"),
    [
        (RESET, True),
        (float(RESET), True),
        (str(RESET), True),
        (RESET * 1000, True),
        ("2026-11-20T14:08:00Z", True),
        ("2026-11-20T14:08:00.000Z", True),
        ("2026-11-20T15:08:00+01:00", True),
        ("soon", False),
        (None, False),
        (0, False),
        (True, False),
        (RESET + 86_400, False),
    ],
)
def test_a_reset_in_any_form(line: Line, resets_at: object, known: bool) -> None:
    line.drawn(status_json(rate_limits={"five_hour": {"used_percentage": 5, "resets_at": resets_at}}))
    reading = line.read()
    assert reading is not None
    assert reading.windows[0].resets_at == (datetime.fromtimestamp(RESET, UTC) if known else None)


def test_members_of_newer_versions_change_nothing(line: Line) -> None:
    """As 2.1.332 adds them; `spend_limit` behind a gateway."""
    newer: dict[str, Any] = {
        "version": "2.1.332",
        "prompt_id": "p1",
        "scratchpad_dir": "/tmp/claude-1",
        "prompt_cache": {"used_percentage": 12, "expires_at": RESET},
        "context_window": {"used_percentage": 77, "context_window_size": 200_000},
        "fast_mode": {"enabled": False},
        "thinking": {"enabled": True},
    }
    limits = {
        "five_hour": {"used_percentage": 37.5, "resets_at": RESET},
        "spend_limit": {"used_percentage": 9},
    }
    line.drawn(status_json(rate_limits=limits, **newer))
    reading = line.read()
    assert reading is not None
    assert {w.id: w.used_percent for w in reading.windows} == {"session": 37.5}
    line.drawn(status_json("two", rate_limits=None, **newer))
    assert len(line.kept()) == 1


@pytest.mark.parametrize(
    ("changes", "dropped"),
    [
        ({"seven_day": {"used_percentage": -3, "resets_at": 1}}, ("seven_day",)),
        ({"seven_day": {"used_percentage": "lots"}}, ("seven_day",)),
        ({"seven_day": "lots"}, ("seven_day",)),
        ({"five_hour": {"used_percentage": 37.5, "resets_at": "soon"}}, ("five_hour.resets_at",)),
        ({"seven_day_opus": {"used_percentage": 5}}, ("seven_day_opus",)),
        ({"\x1b[2J": {"used_percentage": 5}}, ("*",)),
        ({"seven_day": None, "seven_day_opus": {"used_percentage": None}, "note": "x"}, ()),
    ],
)
def test_what_cannot_be_read_is_named(line: Line, changes: dict[str, Any], dropped: tuple[str, ...]) -> None:
    sent = {"five_hour": {"used_percentage": 37.5}} | changes
    line.drawn(status_json(rate_limits=sent))
    reading = line.read()
    assert reading is not None
    assert (reading.windows[0].used_percent, reading.dropped) == (37.5, dropped)


@pytest.mark.parametrize("raw", [b"", b"{torn", b"[]", b"null", b"\xff", b"[" * 100_000, b'"x"'])
def test_what_is_no_json_keeps_nothing(line: Line, raw: bytes) -> None:
    line.drawn(raw)
    assert line.kept() == []


@pytest.mark.parametrize("content", [b"", b"{torn", b"[]", b'{"at": "soon"}', b'{"at": 1e300, "limits": {}}'])
def test_a_torn_file_is_none(line: Line, content: bytes) -> None:
    line.drawn(status_json())
    (file,) = line.kept()
    file.write_bytes(content)
    assert line.read() is None


def test_old_sessions_are_forgotten(line: Line) -> None:
    for number in range(30):
        line.drawn(status_json(f"session {number}"), NOW + timedelta(seconds=number))
    assert len(line.kept()) == 20
    assert line.read(now=NOW + MINUTE).fetched_at == NOW + timedelta(seconds=29)  # type: ignore[union-attr]


def test_what_is_no_file_of_ours_keeps_no_session_from_being_forgotten(line: Line) -> None:
    line.drawn(status_json("first"))
    folder = line.kept()[0].parent
    (folder / "0.json").symlink_to(folder / "nowhere")
    (folder / "1.json").mkdir()
    for number in range(30):
        line.drawn(status_json(f"session {number}"), NOW + timedelta(seconds=number))
    files = [each for each in line.kept() if each.is_file()]
    assert len(files) in (19, 20)
    assert (folder / "1.json").is_dir()
    assert line.read(now=NOW + MINUTE).fetched_at == NOW + timedelta(seconds=29)  # type: ignore[union-attr]


def test_a_folder_that_cannot_be_written(line: Line) -> None:
    line.own.write_text("no folder")
    with pytest.raises(OSError, match=r".+"):
        line.drawn(status_json())
    assert line.read() is None


OWN_FOLDERS: list[dict[str, str]] = [
    {},
    {"TANKFUL_HOME": "~/x"},
    {"XDG_STATE_HOME": "/state"},
    {"XDG_STATE_HOME": "/state//of/me/"},
    {"XDG_STATE_HOME": ""},
    {"XDG_STATE_HOME": "state"},
    {"XDG_STATE_HOME": "~/state"},
]


@pytest.mark.parametrize("environ", OWN_FOLDERS)
def test_it_keeps_where_the_rest_of_tankful_does(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_STATE_HOME", "TANKFUL_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert state_folder(os.environ) == str(own_folders(os.environ).state)
    if sys.platform != "win32" and "TANKFUL_HOME" not in environ:
        on_a_mac = MacOS("tankful", appauthor=False).user_state_path
        assert state_folder(os.environ, "darwin") == str(on_a_mac)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(json_values, json_values)
def test_any_value_is_stored_or_skipped(line: Line, value: object, other: object) -> None:
    line.drawn(status_json(rate_limits=value, cost=other, session_id=other))
    line.drawn(status_json(rate_limits={"five_hour": {"used_percentage": value, "resets_at": other}}))
    line.drawn(json.dumps(value).encode())
    reading = line.read()
    assert reading is None or all(0 <= window.used_percent <= 10_000 for window in reading.windows)
