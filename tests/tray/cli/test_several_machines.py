"""`tankful cost --with`: several machines added up, from their logs to tables and JSON."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tray.cli.machines import SINCE, Machines, figures


@pytest.fixture
def machines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Machines:
    return Machines(tmp_path, monkeypatch, capfdbinary)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize("seed", range(4))
def test_any_split_of_the_logs_adds_up_to_one_count_of_all(machines: Machines, form: str, seed: int) -> None:
    """However many machines have a copy of a log."""
    chance = random.Random(seed)
    names = ("own", "laptop", "server")
    machines.give("all", *machines.logs)
    for log in machines.logs:
        for name in {chance.choice(names), chance.choice(names)}:
            machines.give(name, log)
    for name in names:
        machines.give(name)
    files = [machines.export(name, form=form) for name in names[1:]]
    whole = figures(machines.cost("all"))
    together = machines.cost("own", "--with", *(str(file) for file in files if file.stat().st_size))
    assert figures(together) == whole
    assert sum(each["total_tokens"] for each in together["machines"]) == whole[0]["total_tokens"]
    assert [each["own"] for each in together["machines"]].count(True) == 1


@pytest.mark.parametrize("seed", range(4))
def test_the_same_of_claudes_transcripts(machines: Machines, seed: int) -> None:
    chance = random.Random(seed)
    machines.give("all", *machines.transcripts)
    for log in machines.transcripts:
        for name in {chance.choice(("own", "laptop")), chance.choice(("own", "laptop"))}:
            machines.give(name, log)
    file = machines.export("laptop", form=chance.choice(("csv", "jsonl")))
    together = machines.cost("own", "--with", str(file))
    whole = machines.cost("all")
    assert figures(together, "claude") == figures(whole, "claude")
    beyond = whole["providers"]["claude"]["not_on_lines"]
    assert beyond["total_tokens"] > 0
    assert together["providers"]["claude"]["not_on_lines"] == beyond


def test_a_copy_counts_for_this_machine(machines: Machines) -> None:
    machines.give("own", *machines.logs[:1])
    machines.give("laptop", *machines.logs)
    alone = machines.cost("own")["totals"]
    laptop = machines.cost("laptop")["totals"]
    found = machines.cost("own", "--by", "machine", "--with", str(machines.export("laptop")))
    own, other = found["machines"]
    assert (own["own"], other["own"], other["name"]) == (True, False, "laptop")
    assert {name: own[name] for name in alone} == alone
    assert other["responses"] == laptop["responses"] - alone["responses"] > 0
    assert found["providers"]["codex"]["by_machine"]["laptop"]["responses"] == other["responses"]


def test_where_nothing_was_used_here(machines: Machines) -> None:
    machines.give("laptop", *machines.logs)
    found = machines.cost("own", "--with", str(machines.export("laptop")))
    assert figures(found) == figures(machines.cost("laptop"))


def test_the_table_names_the_machines(machines: Machines) -> None:
    machines.give("own", *machines.logs[:1])
    machines.give("laptop", *machines.logs)
    file = str(machines.export("laptop"))
    machines.run("own", "config", "set", "machine.name", "desk")
    text = machines.run("own", "cost", *SINCE, "--by", "machine", "--with", file).decode()
    assert text.splitlines()[0].endswith("desk, laptop")
    assert [line.split()[0] for line in text.splitlines()[4:6]] == ["laptop", "desk"]
    sessions = machines.run("own", "cost", *SINCE, "--by", "session", "--with", file).decode()
    assert sessions.count("codex resume") == 1  # the others cannot be resumed here


def test_namesakes_stay_apart(machines: Machines) -> None:
    machines.give("own", *machines.logs[:1])
    machines.give("laptop", *machines.logs)
    file = str(machines.export("laptop", "--machine", "desk"))
    machines.run("own", "config", "set", "machine.name", "desk")
    found = machines.cost("own", "--with", file)
    assert [(each["name"], each["own"]) for each in found["machines"]] == [
        ("desk", True),
        ("desk (export)", False),
    ]


def test_redacted_exports_are_recognised_too(machines: Machines) -> None:
    machines.give("own", *machines.logs[:1])
    machines.give("laptop", *machines.logs)
    file = machines.export("laptop", "--redact")
    assert "laptop" not in file.read_text()
    assert figures(machines.cost("own", "--with", str(file)))[0] == machines.cost("laptop")["totals"]


def test_several_files_and_the_same_twice(machines: Machines) -> None:
    machines.give("own", *machines.logs[:1])
    machines.give("laptop", *machines.logs)
    file = machines.export("laptop")
    copy = machines.folder / "copy.csv"
    shutil.copy(file, copy)
    once = machines.cost("own", "--with", str(file))["totals"]
    assert machines.cost("own", "--with", str(file), str(copy), "--with", str(file))["totals"] == once


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_as_other_programs_write_it(machines: Machines, encoding: str) -> None:
    """PowerShell 5 redirects as UTF-16, with the ends of lines of Windows."""
    machines.give("own", *machines.logs[:1])
    machines.give("laptop", *machines.logs)
    file = machines.export("laptop")
    expected = machines.cost("own", "--with", str(file))["totals"]
    file.write_bytes(file.read_text().replace("\n", "\r\n").encode(encoding))
    assert machines.cost("own", "--with", str(file))["totals"] == expected
    file.write_bytes(gzip.compress(file.read_bytes()))
    assert machines.cost("own", "--with", str(file))["totals"] == expected
    assert machines.err == ""


def test_a_line_that_is_damaged_is_named_and_the_others_count(machines: Machines) -> None:
    machines.give("own")
    machines.give("laptop", *machines.logs)
    file = machines.export("laptop")
    lines = file.read_text().splitlines(keepends=True)
    lines[3] = lines[3].replace("codex", "codex,")
    file.write_text("".join(lines)[:-4])
    found = machines.cost("own", "--with", str(file))
    assert found["totals"]["responses"] == len(lines) - 3
    assert not found["complete"]
    assert f"{file}: 2 lines are no rows of an export, and not counted; the first is line 4." in machines.err


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"date,usd\n1,2\n", "no export of tankful"),
        (b'{"a": 1}\n', "no export of tankful"),
        (bytes(100_000), "no export of tankful"),
        (b"x" * 200_000, "no export of tankful"),
        (b"PK\x03\x04" + bytes(99), "is compressed"),
        (b"\x1f\x8b" + bytes(99), "damaged"),
    ],
)
def test_files_that_are_no_exports(machines: Machines, content: bytes, sentence: str) -> None:
    machines.give("own", *machines.logs)
    file = machines.folder / "file"
    file.write_bytes(content)
    machines.run("own", "cost", "--with", str(file), code=64)
    assert sentence in machines.err
    assert str(file) in machines.err


@pytest.mark.parametrize("what", ["days", "limits", "windows"])
def test_other_exports_say_which_one_is_needed(machines: Machines, what: str) -> None:
    machines.give("own", *machines.logs)
    file = machines.export("own", what=what)
    machines.run("own", "cost", "--with", str(file), code=64)
    assert f"export of {what}" in machines.err


def test_an_older_export_has_no_keys(machines: Machines) -> None:
    machines.give("own", *machines.logs)
    file = machines.export("own")
    lines = [line.rpartition(",")[0] for line in file.read_text().splitlines()]
    file.write_text("\n".join(lines))
    machines.run("own", "cost", "--with", str(file), code=64)
    assert "without the keys" in machines.err


def test_a_file_that_is_not_there(machines: Machines) -> None:
    machines.give("own", *machines.logs)
    machines.run("own", "cost", "--with", str(machines.folder / "none.csv"), code=64)
    assert "none.csv cannot be read: No such file or directory." in machines.err


def test_an_empty_file_is_what_a_machine_without_logs_exports(machines: Machines) -> None:
    machines.give("own", *machines.logs)
    alone = machines.cost("own")["totals"]
    for form in ("jsonl", "csv"):
        file = str(machines.export("laptop", form=form))
        assert machines.cost("own", "--with", file)["totals"] == alone
        assert ("laptop.jsonl is empty" in machines.err) == (form == "jsonl")


def test_other_days_are_passed_over(machines: Machines) -> None:
    machines.give("own")
    machines.give("laptop", *machines.logs)
    for form in ("csv", "jsonl"):
        file = str(machines.export("laptop", form=form))
        days = ("cost", "--json", "--since", "2026-09-01", "--until", "2026-09-02", "--with", file)
        assert json.loads(machines.run("own", *days))["totals"]["responses"] == 0


def test_standard_input(machines: Machines) -> None:
    """Through a pipe, whose reader cannot go back."""
    machines.give("own")
    machines.give("laptop", *machines.logs)
    expected = machines.cost("laptop")["totals"]
    file = machines.export("laptop")
    environ = {"PATH": os.environ["PATH"], "HOME": str(machines.folder / "own")}
    environ |= {"TANKFUL_HOME": f"{environ['HOME']}/own", "CODEX_HOME": f"{environ['HOME']}/codex"}
    done = subprocess.run(
        [sys.executable, "-m", "tray.cli", "cost", "--json", *SINCE, "--with", "-"],
        input=file.read_bytes(),
        env=environ,
        cwd=Path(__file__).parents[3],
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert json.loads(done.stdout)["totals"] == expected


def test_no_file_is_left_behind(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    machines.give("own", *machines.logs)
    temporary = machines.folder / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("SQLITE_TMPDIR", str(temporary))
    machines.cost("own", "--with", str(machines.export("own")))
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("arguments", [("cost", "--with"), ("usage", "--cached", "--with")])
def test_no_file_at_all(machines: Machines, arguments: tuple[str, ...]) -> None:
    machines.give("own")
    machines.run("own", *arguments, code=64)
    assert "--with needs at least one file" in machines.err


def test_a_count_of_one_machine_loads_nothing_of_others() -> None:
    code = (
        "import sys; from tray.cli import cost; from providers.ledger import ledger;"
        " from tray.engine import costs;"
        " from tray.view import cost_tables, cost_document; others = ('elsewhere', 'exported', 'other_machines');"
        " print([name for name in sys.modules if any(each in name for each in others)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"


def test_providers_that_are_not_known_are_counted_apart(machines: Machines) -> None:
    machines.give("own", *machines.logs[:1])
    machines.give("laptop", *machines.logs)
    file = machines.export("laptop")
    file.write_text(file.read_text().replace(",codex,", ",gemini,"))
    rows = len(file.read_text().splitlines()) - 1
    alone = machines.cost("own")["totals"]
    assert machines.cost("own", "--with", str(file))["totals"] == alone
    assert f"{rows} rows of 'gemini' not counted: no such provider is known here." in machines.err


def test_without_other_machines_nothing_is_named(machines: Machines) -> None:
    machines.give("own", *machines.logs)
    assert "machines" not in machines.cost("own")
    found = machines.cost("own", "--by", "machine")
    assert list(found["providers"]["codex"]["by_machine"].values()) == [found["totals"]]
