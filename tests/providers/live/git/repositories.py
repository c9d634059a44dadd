"""Real repositories for tests, by git with no settings of the person's."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ENVIRON = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "dev",
    "GIT_AUTHOR_EMAIL": "dev@mail.example.com",
    "GIT_COMMITTER_NAME": "dev",
    "GIT_COMMITTER_EMAIL": "dev@mail.example.com",
}


def git(root: Path, *arguments: str, check: bool = True) -> None:
    subprocess.run(("git", "-C", str(root), *arguments), env=ENVIRON, check=check, capture_output=True)


def repository(root: Path, *names: str) -> Path:
    """One with these files committed on the branch `main`."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "-q", "-b", "main")
    for name in names:
        (root / name).write_text(f"{name}\n" * 20)
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", "first")
    return root
