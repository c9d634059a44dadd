from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from providers.host.files import Folders
from providers.host.private import close_folder, distrust, make_file, make_folder, open_to_write, tighten
from providers.host.trust import UntrustedFolder, refuse_untrusted, secure

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no modes")
NOBODY = 65534
only_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file to another user"
)


def mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.lstat().st_mode):04o}"


@pytest.fixture(params=[0o022, 0o000, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_all_that_is_made_is_for_its_owner_alone(tmp_path: Path) -> None:
    make_folder(tmp_path / "home/state/statusline")
    make_folder(tmp_path / "home/state/statusline")
    make_file(tmp_path / "home/state/ledger")
    assert {mode(tmp_path / each) for each in ("home", "home/state", "home/state/statusline")} == {"0700"}
    assert mode(tmp_path / "home/state/ledger") == "0600"


def test_a_folder_below_the_current_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_folder("home/state")
    assert mode(tmp_path / "home") == mode(tmp_path / "home/state") == "0700"


def test_a_file_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    (tmp_path / "ledger").touch()
    (tmp_path / "ledger").chmod(0o644)
    make_file(tmp_path / "ledger")
    assert mode(tmp_path / "ledger") == "0600"


@only_root
def test_what_is_another_users_keeps_its_mode(tmp_path: Path) -> None:
    for name in ("own", "theirs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
        (tmp_path / name / "file").chmod(0o644)
        (tmp_path / name).chmod(0o755)
    for each in ("own/file", "theirs"):
        os.chown(tmp_path / each, NOBODY, NOBODY)
    close_folder(tmp_path / "theirs")
    tighten(tmp_path / "theirs")
    tighten(tmp_path / "own")
    modes = {each: mode(tmp_path / each) for each in ("own", "own/file", "theirs", "theirs/file")}
    assert modes == {"own": "0700", "own/file": "0644", "theirs": "0755", "theirs/file": "0644"}


def test_nothing_but_a_folder_is_closed_as_one(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "file").chmod(0o644)
    close_folder(tmp_path / "file")
    tighten(tmp_path / "file")
    close_folder(tmp_path / "missing")
    assert mode(tmp_path / "file") == "0644"


def test_a_name_that_no_file_has(tmp_path: Path) -> None:
    assert distrust(f"{tmp_path}/a\0b") is None


def test_a_file_in_the_place_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    with pytest.raises(FileExistsError):
        make_folder(tmp_path / "state")
    with pytest.raises(NotADirectoryError):
        make_folder(tmp_path / "state/below")


def test_what_an_older_tankful_left_open_is_closed(tmp_path: Path) -> None:
    below = tmp_path / "state/statusline"
    below.mkdir(parents=True)
    (tmp_path / "state").chmod(0o755)
    (below / "a.json").touch()
    (below / "a.json").chmod(0o644)
    (tmp_path / "other").touch()
    (tmp_path / "other").chmod(0o644)
    (tmp_path / "state/link").symlink_to(tmp_path / "other")
    tighten(tmp_path / "state")
    assert [mode(each) for each in (tmp_path / "state", below, below / "a.json")] == ["0700", "0700", "0600"]
    assert mode(tmp_path / "other") == "0644"


def test_a_persons_own_files_keep_their_mode(tmp_path: Path) -> None:
    folders = Folders(settings=tmp_path / "own", state=tmp_path / "own/state", cache=tmp_path / "own/cache")
    (tmp_path / "own").mkdir()
    (tmp_path / "own").chmod(0o755)
    (tmp_path / "own/settings.toml").touch()
    (tmp_path / "own/settings.toml").chmod(0o644)
    secure(folders, home=tmp_path / "own")
    assert mode(tmp_path / "own") == "0755"  # a home directory that serves as TANKFUL_HOME
    secure(folders)
    assert [mode(each) for each in (tmp_path / "own", tmp_path / "own/settings.toml")] == ["0700", "0644"]


@pytest.mark.parametrize("given", [0o700, 0o755, 0o500, 0o1777])
def test_a_folder_that_no_other_can_change_is_trusted(tmp_path: Path, given: int) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own").chmod(given)
    assert distrust(tmp_path / "own") is None
    assert distrust(tmp_path / "missing") is None


def test_a_folder_that_others_can_write_to_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own").chmod(0o777)
    with pytest.raises(UntrustedFolder, match=r"^Other users can write to .* Run `chmod go-w /.*/own`\.$"):
        refuse_untrusted([tmp_path, tmp_path / "own"])
    close_folder(tmp_path / "own")
    refuse_untrusted([tmp_path / "own"])


def own_folder(tmp_path: Path) -> Folders:
    own = tmp_path / "own"
    own.mkdir(mode=0o700)
    (own / "settings.toml").touch(mode=0o600)
    return Folders(settings=own, state=own / "state", cache=own / "cache")


def test_settings_that_others_can_write_to_are_refused(tmp_path: Path) -> None:
    """The folder may have been open to them before."""
    folders = own_folder(tmp_path)
    secure(folders)
    (tmp_path / "own/settings.toml").chmod(0o666)
    with pytest.raises(
        UntrustedFolder, match=r"Other users can write to .*/settings\.toml, .* Run `chmod go-w "
    ):
        secure(folders)
    (tmp_path / "own/settings.toml").chmod(0o1646)  # the sticky bit helps a folder only
    with pytest.raises(UntrustedFolder, match="Other users can write"):
        secure(folders)


@only_root
def test_settings_of_another_user_are_refused_also_behind_a_link(tmp_path: Path) -> None:
    folders = own_folder(tmp_path)
    theirs = (tmp_path / "own/settings.toml").rename(tmp_path / "theirs")
    (tmp_path / "own/settings.toml").symlink_to(theirs)
    secure(folders)
    os.chown(theirs, NOBODY, NOBODY)
    with pytest.raises(UntrustedFolder, match=r"another user, .* Replace it with a file of your own\.$"):
        secure(folders)


@only_root
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir(mode=0o700)
    os.chown(tmp_path / "own", NOBODY, NOBODY)
    with pytest.raises(UntrustedFolder, match="belongs to another user"):
        refuse_untrusted([tmp_path / "own"])


@only_root
def test_a_group_of_several_users_is_not_the_users_own(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    os.chown(tmp_path / "own", 0, NOBODY)
    (tmp_path / "own").chmod(0o770)
    assert distrust(tmp_path / "own") == "writable"
    os.chown(tmp_path / "own", 0, 0)  # root's own
    assert distrust(tmp_path / "own") is None


@pytest.mark.parametrize("what", ["pipe", "folder", "device", "broken link"])
def test_what_is_no_file_is_neither_waited_for_nor_written_to(tmp_path: Path, what: str) -> None:
    put(tmp_path / "ledger", what)
    with pytest.raises(OSError, match=r"Not a regular file|No such file"):
        make_file(tmp_path / "ledger")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.usefixtures("umask")
def test_what_is_written_is_made_for_its_owner_alone_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "marker"
    for content in (b"a", b"b"):
        file = open_to_write(path, os.O_APPEND)
        os.write(file, content)
        os.close(file)
    assert (mode(path), path.read_bytes()) == ("0600", b"ab")


@pytest.mark.parametrize("what", ["pipe", "device", "link", "folder"])
def test_nothing_else_is_written_to_and_nobody_waits(what: str, tmp_path: Path) -> None:
    put(tmp_path / "marker", what)
    with pytest.raises(OSError, match="marker"):
        open_to_write(tmp_path / "marker")
    assert not (tmp_path / "elsewhere").exists()


@only_root
def test_no_link_to_a_file_of_somebody_else_is_followed(tmp_path: Path) -> None:
    (tmp_path / "theirs").touch()
    (tmp_path / "theirs").chmod(0o666)
    (tmp_path / "link").symlink_to(tmp_path / "theirs")
    make_file(tmp_path / "link")
    os.chown(tmp_path / "theirs", NOBODY, NOBODY)
    with pytest.raises(PermissionError, match="another user"):
        make_file(tmp_path / "link")


def put(path: Path, what: str) -> None:
    """Something else in the place of a file."""
    match what:
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "device":
            path.symlink_to("/dev/zero")
        case _:
            path.symlink_to(path.with_name("elsewhere"))
