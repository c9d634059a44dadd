"""Exec values, read back by our strict parser and by GLib's own."""

from __future__ import annotations

import ctypes
import ctypes.util
import subprocess
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assets
from tests.tray.faces.published import until
from tray.desktop.autostart import entry

TEMPLATE = (Path(assets.__file__).parent / "tankful.desktop").read_text("utf-8")
TEXT = st.text(
    st.one_of(
        st.sampled_from(" \t\n\r\"'`$\\%;#~&|<>*?()=éfuFU"),
        st.characters(codec="utf-8", exclude_characters="\0"),
    )
)
COMMANDS = st.tuples(TEXT.map(lambda name: f"/{name}"), TEXT.map(lambda text: f"-{text}"))


@given(COMMANDS)
def test_what_is_written_is_read_back(command: tuple[str, ...]) -> None:
    content = entry.entry(TEMPLATE, command, None)
    assert entry.exec_command(entry.values(content)["Exec"]) == command
    assert entry.is_as_written(content)


@given(COMMANDS)
def test_glib_reads_it_back(command: tuple[str, ...]) -> None:
    if glib() is None:
        pytest.skip("not installed: GLib")
    assert glib_reads(entry.entry(TEMPLATE, command, None)) == command


@given(st.text(st.sampled_from(" \"'`$\\%fab-/~")))
def test_whatever_is_in_exec_is_a_command_or_a_bad_entry(value: str) -> None:
    with suppress(entry.BadEntry):
        assert entry.exec_command(value)


@given(st.binary())
def test_any_file_is_ours_or_not(content: bytes) -> None:
    assert not entry.is_as_written(content)


@pytest.mark.parametrize(
    ("value", "command"),
    [
        ('"/a b/tankful" --tray', ("/a b/tankful", "--tray")),
        (r'"/a\\$b\\\\c/tankful"', (r"/a$b\c/tankful",)),
        ("/bin/x %f 100%%", ("/bin/x", "", "100%")),
        (r"/a\sb", ("/a", "b")),
    ],
)
def test_how_exec_is_read(value: str, command: tuple[str, ...]) -> None:
    assert entry.exec_command(value) == command


@pytest.mark.parametrize("value", ["", "'/a b'", '"/a', "~/a", "/a$b", '"/a"b', r'"/a\$b"', r"/a\q"])
def test_what_no_desktop_has_to_start(value: str) -> None:
    with pytest.raises(entry.BadEntry):
        entry.exec_command(value)


def test_a_path_that_no_entry_can_hold() -> None:
    with pytest.raises(entry.BadEntry, match="not UTF-8"):
        entry.entry(TEMPLATE, ("/a\udcff/tankful",), None)


def test_a_path_that_some_desktops_cannot_start() -> None:
    assert entry.caveat("/home/me/.local/bin/tankful") is None
    assert entry.caveat("/a b/é'/tankful") is None
    assert entry.caveat("/100%/a$b/$/tankful") == "Some desktops cannot start a program with %$ in its path."


@pytest.mark.parametrize(
    "command", [("/a b/tankful", "--tray"), ("/usr/bin/python3", "-P", "-m", "tray.cli")]
)
def test_it_validates(tmp_path: Path, need: Callable[..., None], command: tuple[str, ...]) -> None:
    need("desktop-file-validate")
    file = tmp_path / "tankful.desktop"
    file.write_bytes(entry.entry(TEMPLATE, command, "abc"))
    done = subprocess.run(
        ["desktop-file-validate", file], capture_output=True, text=True, check=False, timeout=30
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_glib_launches_it(tmp_path: Path, need: Callable[..., None]) -> None:
    need("gio")
    folder = tmp_path / "a \"b\" $c `d` \\e 'f'; #g"
    folder.mkdir()
    program = folder / "tankful"
    program.write_text(f'#!/bin/sh\necho "$@" >"{tmp_path}/started"\n')
    program.chmod(0o755)
    file = tmp_path / "tankful.desktop"
    file.write_bytes(entry.entry(TEMPLATE, (str(program), "--tray"), None))
    subprocess.run(["gio", "launch", file], check=True, timeout=30, stdin=subprocess.DEVNULL)
    started = tmp_path / "started"
    until(lambda: started.exists() and started.read_text() == "--tray\n", "the program was not started")


@cache
def glib() -> Any:
    name = ctypes.util.find_library("glib-2.0")
    if name is None:
        return None
    library = ctypes.CDLL(name)
    library.g_key_file_new.restype = ctypes.c_void_p
    library.g_key_file_get_string.restype = ctypes.c_void_p
    return library


def glib_reads(content: bytes) -> tuple[str, ...]:
    """The command, as g_app_info_launch makes it: the key file's string, its field codes, its words."""
    library = glib()
    file = ctypes.c_void_p(library.g_key_file_new())
    assert library.g_key_file_load_from_data(file, content, ctypes.c_size_t(len(content)), 0, None)
    held = ctypes.c_void_p(library.g_key_file_get_string(file, b"Desktop Entry", b"Exec", None))
    assert held.value
    value = ctypes.string_at(held.value)
    library.g_free(held)
    library.g_key_file_free(file)
    assert value.replace(b"%%", b"").count(b"%") == 0, "a field code is left"
    count, words = ctypes.c_int(), ctypes.POINTER(ctypes.c_char_p)()
    line = value.replace(b"%%", b"%")
    assert library.g_shell_parse_argv(line, ctypes.byref(count), ctypes.byref(words), None)
    found = tuple((words[number] or b"").decode() for number in range(count.value))
    library.g_strfreev(words)
    return found
