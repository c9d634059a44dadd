"""settings.toml is changed by one key at a time, and all else in it stays as it was."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from pprint import pformat

import pytest
from filelock import FileLock
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from providers.host.toml_lines import BadToml, read_toml
from providers.setting import Setting, Text
from tests.programs import printed_by
from tests.tray.engine.test_settings import TABLE, read
from tray.engine import toml_file
from tray.engine.settings import SettingsFile
from tray.engine.settings_edit import with_value, without
from tray.engine.settings_table import find
from tray.engine.settings_writer import CannotWriteSettings, create, set_value, unset
from tray.engine.toml_file import CannotEdit

ROOT = Path(__file__).parents[3]
ENABLED, HOMES, SOURCE = (find(TABLE, f"providers.codex.{name}") for name in ("enabled", "homes", "source"))
KEY = ("providers", "codex", "enabled")
HEADER = "# Settings of tankful. `tankful config list` shows every key, its default and what it does.\n"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "own/settings.toml"


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())


def test_a_missing_file_is_made_with_a_header(file: Path) -> None:
    set_value(file, ENABLED, False)
    assert file.read_text() == f"{HEADER}\n[providers.codex]\nenabled = false\n"
    set_value(file, HOMES, ["~/a", 'b"'])
    assert file.read_text().endswith('[providers.codex]\nenabled = false\nhomes = ["~/a", "b\\""]\n')
    unset(file, ENABLED)
    unset(file, HOMES)
    assert file.read_text() == HEADER


@POSIX
def test_a_file_that_is_made_is_its_owners_alone(file: Path) -> None:
    set_value(file, ENABLED, False)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert {each.name for each in file.parent.iterdir()} == {"settings.toml", ".settings.toml.lock"}


def test_to_unset_what_is_not_set_makes_no_file(file: Path) -> None:
    unset(file, ENABLED)
    assert not file.exists()


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("[providers.codex]\nenabled = true   # why\n", "[providers.codex]\nenabled = false   # why\n"),
        (
            "[providers.codex]\nsource = 'auto'\n\n# about z\n[z]\na = 1\n",
            "[providers.codex]\nsource = 'auto'\nenabled = false\n\n# about z\n[z]\na = 1\n",
        ),
        ("# a note", "# a note\n\n[providers.codex]\nenabled = false\n"),
        ("x = 1\r\n", "x = 1\r\n\r\n[providers.codex]\r\nenabled = false\r\n"),
        ("[providers.codex]\r\na = 1\r\n", "[providers.codex]\r\na = 1\r\nenabled = false\r\n"),
        ("providers.codex.enabled = true\n", "providers.codex.enabled = false\n"),
        ("providers.codex.a = 1\n", "providers.codex.a = 1\nproviders.codex.enabled = false\n"),
        ("providers = {}\n", "providers = {codex = {enabled = false}}\n"),
        ("\ufeffx = 1\n", "\ufeffx = 1\n\n[providers.codex]\nenabled = false\n"),
        ("[providers.codex]\nenabled = 'odd'\n", "[providers.codex]\nenabled = false\n"),
    ],
)
def test_a_value_is_set_where_a_person_would(file: Path, text: str, changed: str) -> None:
    write(file, text)
    set_value(file, ENABLED, False)
    assert file.read_bytes().decode() == changed
    assert SettingsFile(file, TABLE).current().get(ENABLED) is False


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("[providers.codex]\nenabled = true\n# mine\n", "[providers.codex]\n# mine\n"),
        ("a = 1\n[providers.codex]\nenabled = true\n[z]\n", "a = 1\n[z]\n"),
        ("providers = {codex = {enabled = true}}\nb = 1\n", "b = 1\n"),
        ("providers.codex.enabled = true\n", ""),
        ("[providers.codex]\nenabled = true\n[providers.codex.x]\n", "[providers.codex.x]\n"),
        ("[providers.claude]\nenabled = true\n", "[providers.claude]\nenabled = true\n"),
    ],
)
def test_a_value_is_unset_with_the_tables_that_it_leaves_empty(file: Path, text: str, changed: str) -> None:
    write(file, text)
    unset(file, ENABLED)
    assert file.read_bytes().decode() == changed


def test_a_setting_of_no_table(file: Path) -> None:
    write(file, "# mine\n[providers.codex]\nenabled = true\n")
    icon = Setting("icon", Text(), "", "An icon.")
    set_value(file, icon, 'a "b"\n')
    assert read_toml(file.read_text())["icon"] == 'a "b"\n'
    unset(file, icon)
    assert read_toml(file.read_text()) == {"providers": {"codex": {"enabled": True}}}


def test_what_changes_nothing_writes_nothing(file: Path) -> None:
    write(file, "[providers.codex]\nenabled = true\n")
    os.utime(file, ns=(1, 1))
    set_value(file, ENABLED, True)
    unset(file, SOURCE)
    assert file.stat().st_mtime_ns == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"a = 1\nb = = 2\n", "settings.toml, line 2: not TOML: "),
        (b"\n[[providers.codex]]\n", "line 2: `codex` should be a table, [providers.codex]. Nothing"),
        (b"providers = 7\n", "line 1: `providers` should be a table, [providers]. Nothing was changed."),
        (b"\xff\xfe", "settings.toml is not text in UTF-8. Nothing was changed."),
        (b"#" * (1 << 19), "settings.toml cannot be changed: the file is too large. Make it smaller"),
        (b"a = " + b"[" * 5000, "settings.toml, line 1: not TOML: "),
    ],
)
def test_a_file_that_cannot_be_understood_is_not_touched(file: Path, content: bytes, problem: str) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    with pytest.raises(CannotWriteSettings) as error:
        set_value(file, ENABLED, False)
    assert problem in str(error.value)
    assert file.read_bytes() == content


@POSIX
def test_a_link_stays_and_its_target_is_changed(file: Path, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles/tankful.toml"
    write(target, "[providers.codex]\nenabled = true\n")
    target.chmod(0o644)
    file.parent.mkdir()
    file.symlink_to("../dotfiles/tankful.toml")
    set_value(file, ENABLED, False)
    assert file.is_symlink()
    assert target.read_text() == "[providers.codex]\nenabled = false\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o644
    assert [each.name for each in target.parent.iterdir()] == ["tankful.toml"]


@POSIX
def test_a_pipe_or_a_folder_in_its_place_is_refused(file: Path) -> None:
    file.parent.mkdir()
    os.mkfifo(file)
    with pytest.raises(CannotWriteSettings, match="Not a regular file"):
        set_value(file, ENABLED, False)
    file.unlink()
    file.mkdir()
    with pytest.raises(CannotWriteSettings, match="cannot be changed"):
        set_value(file, ENABLED, False)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_read_only_file_is_left_alone(file: Path) -> None:
    write(file, "")
    file.chmod(0o444)
    with pytest.raises(CannotWriteSettings, match="it is read-only"):
        set_value(file, ENABLED, False)


WRITER = """
import sys
from contextlib import suppress
from pathlib import Path
from providers.setting import Int, Setting
from tray.engine.settings_writer import set_value
for number in range(25):
    set_value(Path(sys.argv[1]), Setting(f"{sys.argv[2]}.k{number}", Int(0, 99), 0, "."), number)
"""


def test_two_writers_at_once_lose_nothing(file: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(file)]
    writers = [subprocess.Popen([*command, name], cwd=ROOT) for name in ("one", "two")]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    each = {f"k{number}": number for number in range(25)}
    assert read_toml(file.read_text()) == {"one": each, "two": each}


VALUES = (
    """1|"a # b"|'x'|true|[1, 2]  # c|[\n  1, # one\n  2,\n]|{a = 1}|1979-05-27|nan|1e5|0x1F|{}|[]|'''\n'''"""
)
KEYS = """a|b|"c d"|enabled|source|"codex"|codex.enabled|providers|providers.codex.enabled|x.y.z|
providers.codex.source|providers.claude.enabled|'providers'.codex.x"""
HEADERS = """[providers]|[providers.codex]|[providers.claude]|[ providers . codex ] # h|[other]|[[list]]|
["providers"]|[other.sub]|[providers.codex.more]|[[providers.codex]]|[z]"""
values = st.sampled_from(VALUES.split("|"))
keys, headers = (st.sampled_from(each.replace("\n", "").split("|")) for each in (KEYS, HEADERS))
inline = st.sampled_from(
    ["providers = {codex = {enabled = true, x=1}}", "providers = {}", "providers.codex = {}"]
)
indents, equals, notes = (
    st.sampled_from(each) for each in (["", "  "], [" = ", "=", "  =  "], ["", "  # why"])
)
pairs = st.tuples(indents, keys, equals, values, notes).map("".join)
comments = st.sampled_from(["# note", "#", "  # a = 1", "\t# [x]"])
lines = st.one_of(comments, pairs, pairs, headers, headers, st.just(""), inline)


@st.composite
def documents(draw: st.DrawFn) -> str:
    text = "\n".join([*draw(st.lists(lines, max_size=9)), ""])
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


def plain(text: str) -> tuple[str, object]:
    """The document without the key and what it leaves empty, as text; and the key's value."""
    document = read_toml(text)
    tables = [document]
    for part in KEY[:-1]:
        tables.append(tables[-1].get(part, {}))
    value = tables[-1].pop(KEY[-1], None)
    for table, part in ((tables[1], KEY[1]), (tables[0], KEY[0])):
        if table.get(part) == {}:
            del table[part]
    return pformat(document), value


def in_order(some: str, all_: str) -> bool:
    """Whether the comment lines of the one stand in the other, in that order."""
    rest = iter(all_.splitlines())
    return all(line in rest for line in some.splitlines() if line.lstrip().startswith("#"))


@settings(deadline=None, max_examples=500)
@given(text=documents(), value=st.booleans())
def test_any_file_keeps_all_but_the_key(text: str, value: bool) -> None:
    assert set(read(text).values) <= {setting.key for setting in TABLE}
    try:
        before, _ = plain(text)
    except (
        BadToml,
        AttributeError,
        TypeError,
    ):  # the latter two where there is another thing in the table's place
        assume(False)
        return
    try:
        changed = with_value(text, KEY, value)
    except CannotEdit as error:
        refused = str(error)
    else:
        refused = ""
    if refused:
        assert "should be a table" in refused
        return
    assert plain(changed) == (before, value)
    assert in_order(text, changed)
    back = without(changed, KEY)
    assert plain(back) == (before, None)
    assert in_order(text, back)
    if "providers" not in text.replace("[providers.claude]", ""):  # else an empty table of before may go
        assert back == text


@given(st.text() | st.lists(st.sampled_from([*'[]="{}', "providers", ".codex", "\n", "1"])).map("".join))
def test_any_text_is_changed_or_refused(text: str) -> None:
    with suppress(BadToml, CannotEdit):
        read_toml(with_value(text, KEY, True))
    with suppress(BadToml, CannotEdit):
        read_toml(without(text, KEY))


def test_reading_never_imports_what_writes() -> None:
    code = "import sys, tray.engine.scope, tray.engine.settings_writer; print('tomlkit' in sys.modules)"
    assert printed_by(code) == "False\n"


@POSIX
def test_a_link_to_nothing_yet_is_written_through(file: Path, tmp_path: Path) -> None:
    file.parent.mkdir()
    file.symlink_to(tmp_path / "dotfiles/tankful.toml")
    set_value(file, ENABLED, False)
    assert file.is_symlink()
    assert (tmp_path / "dotfiles/tankful.toml").read_text().startswith(HEADER)
    file.unlink()
    file.symlink_to(file.name)
    with pytest.raises(CannotWriteSettings, match="cannot be changed"):
        set_value(file, ENABLED, False)


def test_who_holds_the_lock_too_long_is_not_waited_for(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toml_file, "LOCK_SECONDS", 0.05)
    file.parent.mkdir()
    with (
        FileLock(file.with_name(".settings.toml.lock")),
        pytest.raises(CannotWriteSettings, match="is being changed by another program"),
    ):
        set_value(file, ENABLED, False)
    assert not file.exists()


@POSIX
def test_a_file_is_created_once_and_never_replaced(file: Path) -> None:
    create(file, "# new\n")
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("# new\n", 0o600)
    create(file, "# other\n")
    assert file.read_text() == "# new\n"


@POSIX
def test_a_folder_that_cannot_be_made_is_a_reason(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("")
    with pytest.raises(CannotWriteSettings, match=r"settings\.toml cannot be changed"):
        create(tmp_path / "own/settings.toml", "")
