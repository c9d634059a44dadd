"""Own folders and files, whoever makes them first, and what else may stand in their place."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.homes import make_home
from tests.programs import ROOT, started
from tests.providers.claude.statusline.test_source import status_json
from tests.tray.faces.published import Folder, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no modes")
TANKFUL = [sys.executable, "-m", "tray.cli"]
NOBODY = 65534
FIRST = {
    "menu": (),
    "usage": ("usage", "--json"),
    "cost": ("cost",),
    "config": ("config", "set", "display.hide_email", "true"),
    "doctor": ("doctor",),
    "status line": ("statusline", "--from-claude"),
    "hook": ("guard", "--hook", "claude"),
    "headless": ("--headless",),
}
SECONDS = 20.0


def folder_of(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    make_home(tmp_path / "codex", base="http://127.0.0.1:9")
    return folder


def run(
    folder: Folder, *arguments: str, umask: int = 0o022, before: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*before, *TANKFUL, *arguments],
        env=folder.environ,
        cwd=ROOT,
        umask=umask,
        input=status_json().decode(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def is_open(path: Path) -> bool:
    """Whether others can do anything with it."""
    return bool(stat.S_IMODE(path.lstat().st_mode) & 0o077)


def left_open(folder: Folder) -> list[str]:
    own = folder.folder / "own"
    return [str(each) for each in (own, *own.rglob("*")) if each.exists() and is_open(each)]


@pytest.mark.parametrize("umask", [0o022, 0o000, 0o077], ids="{:03o}".format)
@pytest.mark.parametrize("first", FIRST)
def test_whoever_is_first_makes_them_for_their_owner_alone(tmp_path: Path, first: str, umask: int) -> None:
    folder = folder_of(tmp_path)
    if first == "headless":
        published = folder.state / "snapshot.json"
        with started([*TANKFUL, "--headless"], env=folder.environ, cwd=ROOT, umask=umask):
            until(published.exists, "nothing was published")
    else:
        run(folder, *FIRST[first], umask=umask)
    assert (tmp_path / "own").exists() or first == "doctor"  # which makes nothing
    assert left_open(folder) == []


def test_what_was_left_open_is_closed_at_the_next_start(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    run(folder, "cost")
    for path in (tmp_path / "own", *(tmp_path / "own").rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert left_open(folder)
    run(folder, "usage")
    assert left_open(folder) == []


@pytest.mark.parametrize("arguments", FIRST.values(), ids=FIRST)
def test_a_folder_that_others_can_write_to_is_refused(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    folder = folder_of(tmp_path)
    (tmp_path / "own").mkdir()
    (tmp_path / "own").chmod(0o777)
    done = run(folder, *arguments)
    if "--from-claude" in arguments:
        assert done.stdout.startswith("5h 62 %")
    elif "--hook" in arguments:
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    else:
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.endswith(
            "tankful: Other users can write to ~/own, and so change your settings. Run `chmod go-w ~/own`.\n"
        )
    assert list((tmp_path / "own").iterdir()) == []


def test_a_bar_is_told_of_it_in_its_line(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    (tmp_path / "own").mkdir()
    (tmp_path / "own").chmod(0o777)
    done = run(folder, "statusline", "--format", "text")
    assert (done.returncode, done.stdout) == (0, "tankful's folder cannot be used: run tankful doctor\n")
    assert list((tmp_path / "own").iterdir()) == []


def as_user(user: int) -> tuple[str, ...]:
    """Who may read this installation wherever it is, and write nothing of others."""
    reads = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
    return ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *reads)


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="not installed: setpriv")
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root becomes another user")
@pytest.mark.parametrize("arguments", [("usage",), ("cost",), ("config", "list"), ("--headless",)])
def test_another_users_folder_is_refused(arguments: tuple[str, ...]) -> None:
    as_nobody = as_user(NOBODY)
    probe = [*as_nobody, *TANKFUL, "--version"]
    if subprocess.run(probe, cwd=ROOT, capture_output=True, check=False).returncode:
        pytest.skip("another user cannot run this installation")
    with tempfile.TemporaryDirectory() as above:  # pytest closes its own to others
        Path(above).chmod(0o755)
        _refuses_a_folder_of(1234, Path(above), arguments, as_nobody)


def _refuses_a_folder_of(user: int, above: Path, arguments: tuple[str, ...], before: tuple[str, ...]) -> None:
    folder = Folder(above)
    theirs = above / "own"
    theirs.mkdir(mode=0o700)
    (theirs / "settings.toml").write_text("[notify]\n")
    os.chown(theirs, user, user)
    theirs.chmod(0o755)
    done = run(folder, *arguments, before=before)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("tankful: ~/own belongs to another user, who could change your settings.")
    assert [each.name for each in theirs.iterdir()] == ["settings.toml"]


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="not installed: setpriv")
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root becomes another user")
@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (
            ("usage",),
            "tankful: Your home folder is not known. Set HOME, or TANKFUL_HOME to a folder of your own.\n",
        ),
        (("statusline", "--format", "text"), "tankful's folder cannot be used: run tankful doctor\n"),
        (("statusline", "--from-claude"), "5h 62 % · week 39 % left\n"),
    ],
)
def test_who_has_no_home_gets_a_sentence_and_no_folder(arguments: tuple[str, ...], answer: str) -> None:
    """As in a container that is given a number for its user."""
    with tempfile.TemporaryDirectory() as above:
        Path(above).chmod(0o777)
        done = subprocess.run(
            [*as_user(54321), *TANKFUL, *arguments],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=above,
            input=status_json().decode(),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        if "setpriv" in done.stderr or "Permission denied" in done.stderr:
            pytest.skip("another user cannot run this installation")
        assert done.stdout + done.stderr == answer
        assert list(Path(above).iterdir()) == []


def as_mortal() -> tuple[str, ...]:
    """Who may open what the rights of a file allow, as anybody but root."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("not installed: setpriv")
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


def test_a_state_folder_without_rights_is_what_is_to_be_mended(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    folder.state.mkdir(parents=True)
    folder.state.chmod(0)
    try:
        done = run(folder, "cost", before=as_mortal())
    finally:
        folder.state.chmod(0o700)
    sentences = done.stderr.splitlines()
    (of_prices,) = (each for each in sentences if "prices" in each)
    assert of_prices.endswith("the built-in ones apply. Check the owner and permissions of ~/own/state.")
    assert [each for each in sentences if "Cannot write" in each]


# --- what stands where a file of ours should be ---------------------------------------------------------------

PLACES = (
    "settings.toml",
    "prices.toml",
    "state/snapshot.json",
    "state/ledger.sqlite3",
    "state/ledger.lock",
    "state/engine.lock",
    "state/round.started",
    "state/homes.json",
    "state/homes.lock",
    "state/prices.json",
    "state/notices.json",
    "state/tankful.log",
)


def put(path: Path, what: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    match what:
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "socket":
            os.chdir(path.parent)  # a socket's path has 107 characters at most
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(path.name)
            os.chdir(ROOT)
        case "device":
            path.symlink_to("/dev/zero")
        case "link":
            path.symlink_to(path.parents[2] / "theirs")


@pytest.mark.parametrize("what", ["pipe", "folder", "socket", "device", "link"])
@pytest.mark.parametrize("place", PLACES)
def test_what_stands_in_the_place_of_a_file_keeps_nobody_waiting(
    tmp_path: Path, place: str, what: str
) -> None:
    folder = folder_of(tmp_path)
    (tmp_path / "theirs").write_text("precious")
    (tmp_path / "theirs").chmod(0o444)
    put(tmp_path / "own" / place, what)
    for arguments in (("usage", "--json"), ("cost",)):
        began = time.monotonic()
        done = run(folder, *arguments)
        assert time.monotonic() - began < SECONDS
        assert "Traceback" not in done.stderr
        assert "internal error" not in done.stderr
        assert done.stdout or done.stderr
    assert (tmp_path / "theirs").read_text() == "precious"
