"""Where a repository is, found without git, as git finds it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from providers.live.git.repository import Repository, find_repository
from tests.providers.live.git.repositories import git, repository

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")


def test_above_a_folder(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop", "a")
    (root / "src/deep").mkdir(parents=True)
    expected = Repository(str(root), str(root / ".git"))
    assert find_repository(str(root / "src/deep")) == find_repository(str(root)) == expected
    assert expected.branch() == "main"
    assert find_repository(str(tmp_path)) is None
    assert find_repository(str(tmp_path / "missing/folder")) is None


def test_a_work_tree_is_one_of_its_own(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop", "a")
    git(root, "worktree", "add", "-q", "-b", "fix/x", "../fix")
    found = find_repository(str(tmp_path / "fix"))
    assert found == Repository(str(tmp_path / "fix"), str(root / ".git/worktrees/fix"))
    assert found.branch() == "fix/x"


@pytest.mark.parametrize("content", [b"", b"gitdir: ", b"\xff\xfe", b"nonsense\n", b"gitdir: ../missing\n"])
def test_a_link_that_leads_nowhere(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".git").write_bytes(content)
    found = find_repository(str(tmp_path))
    assert found is None or (found.branch(), found.stamps()) == (None, (None, None))


@pytest.mark.parametrize("head", ["", "0123456789", "ref: refs/heads/.invalid\n", "ref: refs/tags/x\n"])
def test_no_branch(tmp_path: Path, head: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/HEAD").write_text(head)
    found = find_repository(str(tmp_path))
    assert found is not None
    assert found.branch() is None


def test_what_is_staged_committed_or_checked_out_shows(tmp_path: Path) -> None:
    root = repository(tmp_path, "a")
    found = find_repository(str(root))
    assert found is not None
    seen = [found.stamps()]
    for arguments in (("checkout", "-q", "-b", "x"), ("rm", "-q", "a"), ("commit", "-qm", "second")):
        git(root, *arguments)
        seen.append(found.stamps())
    assert len(set(seen)) == len(seen)
    assert found.stamps() == seen[-1]


def test_a_folder_without_its_beginning_is_nobodys() -> None:
    assert find_repository(".") is None
    assert find_repository("") is None
