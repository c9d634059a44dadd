from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.programs import started
from tests.providers.claude.statusline.test_source import status_json
from tray.faces import claude_statusline as statusline
from tray.view import format as fmt

ROOT = Path(__file__).parents[3]
RUN = "import sys; sys.argv.insert(1, 'statusline'); from tray.cli.main import script; script()"
PATIENT = f"import tray.faces.claude_statusline as it; it._READ_SECONDS = it._COMMAND_SECONDS = 30; {RUN}"
"""With deadlines that a busy machine does not reach."""


def claude_draws(
    folder: Path, *arguments: str, raw: bytes = status_json(), code: str = RUN
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        input=raw,
        capture_output=True,
        check=False,
        timeout=30,
        cwd=ROOT,
        env={**os.environ, "TANKFUL_HOME": str(folder), "CLAUDE_CONFIG_DIR": str(folder / "claude")},
    )


def kept(folder: Path) -> list[Path]:
    return list((folder / "state").rglob("*.json"))


def test_what_is_left_reads_as_in_the_menu() -> None:
    for used in (0.0, 0.4, 28.999999999999996, 71.00000000000001, 99.5, 100.0, 130.0):
        line = statusline.line({"five_hour": {"used_percentage": used, "resets_at": 1}})
        assert line == f"5h {fmt.percent(fmt.left_percent(used))} left\n"


def test_a_short_line_at_once(tmp_path: Path) -> None:
    done = claude_draws(tmp_path, "--from-claude")
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, "5h 62 % · week 39 % left\n", b"")
    assert len(kept(tmp_path)) == 1


@pytest.mark.parametrize(
    ("limits", "line"),
    [
        ({}, "limits not known yet\n"),
        ({"five_hour": {"used_percentage": 99.5}}, "5h < 1 % left\n"),
        ({"five_hour": {"used_percentage": 100}}, "5h 0 % left\n"),
        ({"five_hour": {"used_percentage": 137}}, "5h 0 % left\n"),
        ({"seven_day": {"used_percentage": 0}}, "week 100 % left\n"),
    ],
)
def test_the_line(limits: dict[str, dict[str, float]], line: str) -> None:
    assert statusline.line(limits) == line


def test_before_the_first_answer(tmp_path: Path) -> None:
    raw = json.dumps({"session_id": "one", "model": {"id": "claude-opus-5"}}).encode()
    assert claude_draws(tmp_path, "--from-claude", raw=raw).stdout == b"limits not known yet\n"
    assert kept(tmp_path) == []


@pytest.mark.parametrize(
    ("session", "week", "line"),
    [
        (1_795_183_680, 14.000000000000002, "week 86 % left\n"),
        ("42", "15", "5h 58 % · week 85 % left\n"),
        (10_000, 10_000.5, "5h 0 % left\n"),
        (1_795_183_680, None, "limits not known yet\n"),
    ],
)
def test_no_share_is_shown_that_is_none(tmp_path: Path, session: object, week: object, line: str) -> None:
    windows = {"five_hour": {"used_percentage": session}, "seven_day": {"used_percentage": week}}
    done = claude_draws(tmp_path, "--from-claude", raw=status_json(rate_limits=windows))
    assert done.stdout.decode() == line


@pytest.mark.skipif(sys.platform == "win32", reason="other commands there")
@pytest.mark.parametrize(
    ("command", "code", "out"),
    [
        (["cat"], 0, status_json()),
        (["head -c 12; echo ' mine'"], 0, b'{"session_id mine\n'),
        (["printf", "%s|", "two words", "$HOME"], 0, b"two words|$HOME|"),
        (["exit 3"], 3, b""),
        (["/no/such/program", "x"], 0, b"5h 62 % \xc2\xb7 week 39 % left\n"),
    ],
)
def test_the_command_that_was_there_before(tmp_path: Path, command: list[str], code: int, out: bytes) -> None:
    done = claude_draws(tmp_path, "--from-claude", "--", *command)
    assert (done.returncode, done.stdout) == (code, out)
    assert len(kept(tmp_path)) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="other commands there")
@pytest.mark.parametrize("command", ["cat", "true", "yes", "sleep 60"])
def test_no_pipe_is_left_open(tmp_path: Path, command: str) -> None:
    code = RUN.replace("script()", "main()").replace("import script", "import main")
    strict = f"import warnings; warnings.simplefilter('error'); {code}"
    done = claude_draws(
        tmp_path, "--from-claude", "--", *command.split(), raw=status_json() * 99, code=strict
    )
    assert done.stderr == b""


def test_a_script_in_a_folder_with_spaces(tmp_path: Path) -> None:
    script = tmp_path / "my line.sh"
    script.write_text("#!/bin/sh\necho mine\n")
    script.chmod(0o700)
    assert claude_draws(tmp_path, "--from-claude", "--", str(script)).stdout == b"mine\n"


@pytest.mark.skipif(sys.platform == "win32", reason="other commands there")
def test_a_command_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    began = time.monotonic()
    mark = f"61{os.getpid()}"
    done = claude_draws(tmp_path, "--from-claude", "--", f"sleep {mark} & sleep {mark}")
    assert done.stdout.decode().startswith("5h 62 %")
    assert time.monotonic() - began < 20
    left = subprocess.run(["pgrep", "-f", f"sleep {mark}"], capture_output=True, check=False)
    assert left.stdout == b""


@pytest.mark.skipif(sys.platform == "win32", reason="other commands there")
def test_what_a_command_leaves_behind_costs_no_words(tmp_path: Path) -> None:
    done = claude_draws(tmp_path, "--from-claude", "--", "echo mine; (sleep 4 &)")
    assert (done.returncode, done.stdout) == (0, b"mine\n")


def test_a_pipe_that_stays_open_does_not_block(tmp_path: Path) -> None:
    with started(
        [sys.executable, "-c", PATIENT, "--from-claude"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "TANKFUL_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        began = time.monotonic()
        process.stdin.write(status_json())
        process.stdin.flush()
        assert process.stdout.read().startswith(b"5h 62 %")
        assert time.monotonic() - began < 20, "it waited for the rest"
        process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="other signals there")
def test_a_line_that_is_killed_kills_its_command(tmp_path: Path) -> None:
    mark = f"62{os.getpid()}"
    with started(
        [sys.executable, "-c", RUN, "--from-claude", "--", f"touch started; sleep {mark}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        cwd=tmp_path,
        env={**os.environ, "TANKFUL_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdin is not None
        process.stdin.close()
        while not (tmp_path / "started").exists():
            time.sleep(0.02)
        process.terminate()
        assert process.wait(10) == 143
        left = subprocess.run(["pgrep", "-f", f"sleep {mark}"], capture_output=True, check=False)
        assert left.stdout == b""


def test_a_stdin_that_never_ends_does_not_keep_us(tmp_path: Path) -> None:
    ours, theirs = os.pipe()
    try:
        os.write(theirs, b"{")
        began = time.monotonic()
        assert statusline.read_all(ours, 0.2) == b"{"
        assert time.monotonic() - began < 5
    finally:
        os.close(theirs)
        time.sleep(0.05)
        os.close(ours)


@pytest.mark.parametrize(
    "arguments", [[], ["--from-codex"], ["--from-claude", "--"], ["--from-claude", "cat"], ["--", "cat"]]
)
def test_arguments_that_cannot_be_meant(tmp_path: Path, arguments: list[str]) -> None:
    done = claude_draws(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (64, b"")
    assert done.stderr.startswith(b"usage: tankful statusline ")
    assert kept(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="other commands there")
@pytest.mark.parametrize("command", [[], ["--", "cat"], ["--", "printf", "%s", "--help"]])
def test_the_slow_path_answers_alike(tmp_path: Path, command: list[str]) -> None:
    slow = f"from tray.cli.commands import COMMANDS\nfor each in COMMANDS: each.fast_paths = ()\n{RUN}"
    arguments = ("--from-claude", *command)
    assert claude_draws(tmp_path, *arguments, code=slow).stdout == claude_draws(tmp_path, *arguments).stdout


def test_a_disk_that_is_full_costs_no_line(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder")
    assert claude_draws(tmp_path, "--from-claude").stdout.decode().startswith("5h 62 %")


@pytest.mark.skipif(sys.platform == "win32", reason="no such shell")
def test_a_line_without_a_reader_is_no_error(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" "$@" >&-', sys.executable, "-c", RUN, "--from-claude"],
        input=status_json(),
        stderr=subprocess.PIPE,
        check=False,
        timeout=30,
        cwd=ROOT,
        env={**os.environ, "TANKFUL_HOME": str(tmp_path)},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(kept(tmp_path)) == 1


def test_nothing_slow_is_imported(tmp_path: Path) -> None:
    code = f"{RUN.replace('sys.exit(', 'code = (')}; print(sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code, "--from-claude"],
        input=status_json(),
        capture_output=True,
        check=True,
        timeout=30,
        cwd=ROOT,
        env={**os.environ, "TANKFUL_HOME": str(tmp_path)},
    )
    loaded = done.stdout.decode()
    slow = ["msgspec", "platformdirs", "requests", "subprocess", "argparse", "decimal", "tempfile", "typing"]
    slow += ["contextlib", "hashlib", "importlib.metadata", "threading"]
    assert [name for name in slow if f"'{name}'" in loaded] == []


@pytest.mark.skipif(sys.platform == "win32", reason="no such shell")
def test_a_command_that_prints_without_end_is_ended_at_its_limit(tmp_path: Path) -> None:
    began = time.monotonic()
    line = f"cd {tmp_path}; echo $$ > pid; exec yes line"
    done = claude_draws(tmp_path, "--from-claude", "--", line, code=PATIENT)
    assert (done.returncode, len(done.stdout), done.stdout[:10]) == (0, 1 << 16, b"line\nline\n")
    assert time.monotonic() - began < 20, "it ran until its deadline"
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes with names")
def test_a_pipe_in_the_place_of_a_reading_keeps_nobody_waiting(tmp_path: Path) -> None:
    claude_draws(tmp_path, "--from-claude")
    (reading,) = kept(tmp_path)
    reading.unlink()
    os.mkfifo(reading)
    assert claude_draws(tmp_path, "--from-claude").stdout.decode().startswith("5h 62 %")
    assert reading.is_file()
