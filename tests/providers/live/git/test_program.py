"""What git itself says of real repositories, and what it must not start."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from providers.domain.live import GitState
from providers.live.git.program import TooSlow, find_git, status
from tests.providers.live.git.repositories import ENVIRON, git, repository

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")


def found(root: Path) -> GitState | None:
    return status("git", str(root), ENVIRON)


def test_nothing_changed(tmp_path: Path) -> None:
    assert found(repository(tmp_path, "a")) == GitState(branch="main", added=0, modified=0)


def test_what_is_new_and_what_is_modified(tmp_path: Path) -> None:
    root = repository(tmp_path, "kept", "changed", "staged", "renamed", "removed")
    (root / "changed").write_text("x")
    (root / "staged").write_text("x")
    (root / "renamed").rename(root / "a new\nname")
    (root / "removed").unlink()
    (root / "added").write_text("x")
    git(root, "add", "staged", "added", "renamed", "a new\nname")
    (root / "untracked\n# branch.head other\n? x").write_text("x")
    (root / '-> \t " ü').write_text("x")
    (root / "folder").mkdir()
    (root / "folder/one").write_text("x")
    (root / "folder/two").write_text("x")
    assert found(root) == GitState(branch="main", added=4, modified=4)
    assert found(root / "folder") == found(root)


def test_a_conflict(tmp_path: Path) -> None:
    root = repository(tmp_path, "a", "b")
    git(root, "checkout", "-q", "-b", "feature/x")
    (root / "a").write_text("theirs")
    git(root, "commit", "-qam", "theirs")
    git(root, "checkout", "-q", "main")
    (root / "a").write_text("ours")
    git(root, "commit", "-qam", "ours")
    git(root, "merge", "feature/x", check=False)
    assert found(root) == GitState(branch="main", added=0, modified=1)
    git(root, "merge", "--abort")
    git(root, "checkout", "-q", "feature/x")
    assert found(root) == GitState(branch="feature/x", added=0, modified=0)


def test_no_branch_and_no_commit(tmp_path: Path) -> None:
    root = repository(tmp_path / "detached", "a")
    git(root, "checkout", "-q", "--detach")
    assert found(root) == GitState(branch=None, added=0, modified=0)
    bare = tmp_path / "new"
    bare.mkdir()
    git(bare, "init", "-q", "-b", "trunk")
    (bare / "a").write_text("x")
    assert found(bare) == GitState(branch="trunk", added=1, modified=0)


def test_no_repository(tmp_path: Path) -> None:
    assert found(tmp_path) is None
    assert found(tmp_path / "missing") is None


def test_a_branch_with_a_remote(tmp_path: Path) -> None:
    root = repository(tmp_path / "origin", "a")
    git(tmp_path, "clone", "-q", str(root), "clone")
    assert found(tmp_path / "clone") == GitState(branch="main", added=0, modified=0)


def test_neither_hooks_nor_a_monitor_is_started_and_nothing_is_written(tmp_path: Path) -> None:
    root = repository(tmp_path / "repository", "a")
    started = tmp_path / "started"
    script = tmp_path / "script.sh"
    script.write_text(f"#!/bin/sh\ntouch '{started}'\n")
    script.chmod(0o755)
    for hook in ("post-index-change", "fsmonitor-watchman", "query-watchman"):
        shutil.copy(script, root / ".git/hooks" / hook)
    for name in ("core.fsmonitor", "core.pager", "core.editor", "core.askPass", "pager.status"):
        git(root, "config", name, str(script))
    # The index is out of date: git would refresh it.
    os.utime(root / "a", (1, 1))
    before = (root / ".git/index").stat()
    assert found(root) == GitState(branch="main", added=0, modified=0)
    after = (root / ".git/index").stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)
    assert not started.exists()
    assert list((root / ".git").glob("*.lock")) == []


def test_variables_of_a_hook_that_runs_us_mean_another_repository(tmp_path: Path) -> None:
    root, other = repository(tmp_path / "a", "a"), repository(tmp_path / "b", "b")
    git(other, "checkout", "-q", "-b", "other")
    environ = {**ENVIRON, "GIT_DIR": str(other / ".git"), "GIT_WORK_TREE": str(other)}
    assert status("git", str(root), environ) == GitState(branch="main", added=0, modified=0)


def test_one_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    slow = tmp_path / "git"
    slow.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(600)\n")
    slow.chmod(0o755)
    with pytest.raises(TooSlow):
        status(str(slow), str(tmp_path), os.environ)


def test_a_git_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="git"):
        status(str(tmp_path / "git"), str(tmp_path), {})


def test_the_stub_of_macos_is_never_started() -> None:
    assert find_git("linux") == shutil.which("git")
    assert find_git("darwin") != "/usr/bin/git"
