"""A person's own line in Claude Code."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from providers.host.files import short
from providers.ledger.fast_cost import cost_between, session_cost
from tests.tray.faces.published import ROOT, Folder
from tests.tray.faces.test_claude_statusline import RUN

FIXTURE = ROOT / "tests/fixtures/claude/2.1.197/subagents/home"
SESSION = "702aea09-6f6d-44f3-b5ab-b3b26b69034c"
FIRST, LAST = (datetime(2026, 11, day, tzinfo=UTC).timestamp() for day in (1, 30))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    week = made.window(60, ident="model:opus:weekly", title="Opus", duration=timedelta(days=7))
    made.publish(made.account(made.window(90), week, provider="claude"), made.account(made.window(40)))
    return made


def drawn(
    folder: Folder, template: str, *more: str, code: int = 0, raw: bytes | None = None, **sent: Any
) -> str:
    done = subprocess.run(
        [sys.executable, "-c", RUN, "--from-claude", "--template", template, *more],
        input=json.dumps({"session_id": SESSION, **sent}).encode() if raw is None else raw,
        env=folder.environ,
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == code, done.stderr
    return (done.stdout or done.stderr).decode()


def limits(used: float) -> dict[str, Any]:
    return {"five_hour": {"used_percentage": used, "resets_at": int(time.time()) + 3 * 3600}}


def test_what_claude_sends_beside_what_tankful_knows(folder: Folder) -> None:
    line = drawn(
        folder,
        "{model} {context}/{context.left} {claude.session.left} {claude.model:opus:weekly.left} "
        "{codex.session.used}",
        model={"id": "claude-opus-5", "display_name": "Opus 5"},
        context_window={"used_percentage": 41.6},
        rate_limits=limits(20),
    )
    assert line == "Opus 5 42/58 80 40 40\n", "what was sent is newer than what was published"


@pytest.mark.parametrize(
    "name",
    [
        "work",
        pytest.param("a\nb", marks=pytest.mark.skipif(sys.platform == "win32", reason="no name of a folder")),
    ],
)
def test_of_several_accounts_it_is_that_of_the_own_home(folder: Folder, name: str) -> None:
    own = folder.folder / name
    folder.publish(
        folder.account(folder.window(90), provider="claude"),
        folder.account(folder.window(25), provider="claude", homes=(short(own),)),
    )
    template = "{claude.session.left}"
    assert drawn(folder, template) == "–\n", "the one of neither"
    folder.environ["CLAUDE_CONFIG_DIR"] = f"{own}/"
    folder.environ["HOME"] = os.path.expanduser("~")
    assert drawn(folder, template) == "75\n"


def test_what_is_not_known(folder: Folder) -> None:
    line = drawn(
        folder, "{model}|{context}|{session.cost}|{block.cost}|{claude.session.left}|{claude.monthly.left}"
    )
    assert line == "–|–|–|–|10|–\n"
    odd: dict[str, Any] = {"model": 7, "context_window": {"used_percentage": "many"}, "rate_limits": []}
    assert drawn(folder, "{model}{context}", **odd) == "––\n"
    for raw in (b"", b"{", b"[1]", b'"x"', b"\xff" * 10):
        assert drawn(folder, "{model} {codex.session.left}", raw=raw) == "– 60\n"


def test_without_a_snapshot(tmp_path: Path) -> None:
    bare = Folder(tmp_path)
    (bare.state).mkdir(parents=True)
    (bare.state / "round.started").touch()
    assert drawn(bare, "{claude.session.left} {claude.weekly.left}", rate_limits=limits(20)) == "80 –\n"


def test_the_costs_are_those_of_the_ledger(folder: Folder) -> None:
    shutil.copytree(FIXTURE, folder.folder / "claude")
    report = json.loads(folder.run("cost", "--json", "--by", "session", "--since", "2026-11-01"))
    claude = report["providers"]["claude"]
    (mine,) = (each for each in claude["by_session"] if each["id"] == SESSION)
    usd = mine["usd"]
    assert mine["subagents"] > 0
    assert usd > 0.001
    ledger = str(folder.state / "ledger.sqlite3")
    assert session_cost(ledger, "claude", SESSION)[0] == pytest.approx(usd, abs=1e-6)
    assert (
        session_cost(ledger, "codex", SESSION) == session_cost(ledger, "claude", "another") == (None, False)
    )
    assert cost_between(ledger, "claude", FIRST, LAST)[0] == pytest.approx(claude["totals"]["usd"], abs=1e-6)
    assert cost_between(ledger, "claude", LAST, LAST + 1) == (None, False)
    odd = folder.folder / "a ?#%20"
    shutil.copytree(folder.state, odd)
    assert session_cost(str(odd / "ledger.sqlite3"), "claude", SESSION)[0] == pytest.approx(usd, abs=1e-6)
    before = sorted(path.name for path in folder.state.iterdir())
    assert drawn(folder, "{session.cost}").strip() == f"${usd:.2f}"
    assert sorted(path.name for path in folder.state.iterdir()) == before, "a look leaves nothing behind"


def test_the_cost_of_homes_that_share_a_session(folder: Folder) -> None:
    homes = [folder.folder / "claude", folder.folder / "copy"]
    for home in homes:
        shutil.copytree(FIXTURE, home)
    folder.environ["CLAUDE_CONFIG_DIR"] = ",".join(map(str, homes))
    report = json.loads(folder.run("cost", "--json", "--by", "session", "--since", "2026-11-01"))["providers"]
    (mine,) = (each for each in report["claude"]["by_session"] if each["id"] == SESSION)
    ledger = str(folder.state / "ledger.sqlite3")
    with closing(sqlite3.connect(ledger)) as db:
        stored, different = db.execute("SELECT count(*), count(DISTINCT key) FROM responses").fetchone()
    assert stored == 2 * different
    usd, is_partial = session_cost(ledger, "claude", SESSION)
    assert usd == pytest.approx(mine["usd"], abs=1e-6)
    assert not is_partial
    total = report["claude"]["totals"]["usd"]
    assert cost_between(ledger, "claude", FIRST, LAST)[0] == pytest.approx(total, abs=1e-6)


def test_what_has_no_price_and_what_is_of_another_time(folder: Folder) -> None:
    shutil.copytree(FIXTURE, folder.folder / "claude")
    folder.run("cost", "--json", "--since", "2026-11-01")
    ledger = str(folder.state / "ledger.sqlite3")
    whole, some = session_cost(ledger, "claude", SESSION)
    assert whole is not None
    assert not some
    with closing(sqlite3.connect(ledger)) as db, db:
        first, last = db.execute("SELECT min(at_ms) / 1000.0, max(at_ms) / 1000.0 FROM responses").fetchone()
        without_last = cost_between(ledger, "claude", first, last)[0]
        assert without_last is not None
        assert 0 < without_last < (cost_between(ledger, "claude", first, last + 1)[0] or 0)
        assert 0 < (cost_between(ledger, "claude", first + 0.001, last)[0] or 0) < without_last
        db.execute(
            "UPDATE responses SET pico_usd = NULL WHERE key = (SELECT key FROM responses r"
            " JOIN contexts c ON c.id = r.context WHERE c.session = ? LIMIT 1)",
            (SESSION,),
        )
    usd, is_partial = session_cost(ledger, "claude", SESSION)
    assert usd is not None
    assert usd < whole
    assert is_partial


@pytest.mark.parametrize("pragma", ["application_id", "user_version"])
def test_a_ledger_of_another_program_or_version(folder: Folder, pragma: str) -> None:
    shutil.copytree(FIXTURE, folder.folder / "claude")
    folder.run("cost", "--json", "--since", "2026-11-01")
    ledger = str(folder.state / "ledger.sqlite3")
    with closing(sqlite3.connect(ledger)) as db:
        db.execute(f"PRAGMA {pragma} = 12345")
    assert session_cost(ledger, "claude", SESSION) == (None, False)


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0" * 100, b"x" * 5000])
def test_a_ledger_that_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ledger.sqlite3").write_bytes(content)
    assert session_cost(str(tmp_path / "ledger.sqlite3"), "claude", SESSION) == (None, False)
    assert session_cost(str(tmp_path / "missing"), "claude", SESSION) == (None, False)


def test_colours_of_the_persons_own_and_none_of_others(folder: Folder) -> None:
    line = drawn(folder, "\x1b[32m{model}\x1b[0m\n.", model={"display_name": "a\x1b[31m\nb"})
    assert line == "\x1b[32ma [31m b\x1b[0m .\n"


def test_a_command_behind_it_is_what_is_shown(folder: Folder) -> None:
    assert drawn(folder, "{model}", "--", "echo mine") == "mine\n"
    assert drawn(folder, "{model}", "--", "/no/such/program", "x", model={"id": "m"}) == "m\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("{modell}",), "unknown name {modell}; the names are model, context, "),
        (("{model",), "has no closing brace"),
        (("{model}", "--format", "text"), "--format does not go with --from-claude"),
    ],
)
def test_invalid_arguments(folder: Folder, arguments: tuple[str, ...], message: str) -> None:
    assert message in drawn(folder, *arguments, code=64)


def test_nothing_slow_is_imported(folder: Folder) -> None:
    code = f"{RUN.replace('sys.exit(', 'code = (')}; print(sorted(sys.modules))"
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            code,
            "--from-claude",
            "--template",
            "{model} {claude.session.left} {session.cost}",
        ],
        input=b"{}",
        env=folder.environ,
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=60,
    )
    loaded = done.stdout.decode()
    slow = ["msgspec", "platformdirs", "requests", "subprocess", "argparse", "decimal", "tempfile", "typing"]
    assert [name for name in slow if f"'{name}'" in loaded] == []
