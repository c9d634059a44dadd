"""git as it is run here: it reads, asks nobody, and starts as little as it can.

A repository's own settings may name programs. Hooks and the file system monitor are switched off; nothing is
written (optional locks), nothing fetched (of a partial clone), and no pager or editor is started by `status`.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping

from providers.domain.live import GitState
from providers.host.process.brief import Brief, run_briefly
from providers.live.git.porcelain import read_status

SECONDS = 1.0
_CAP = 4 << 20
_STATUS = (
    *(
        "--no-optional-locks",
        "--no-pager",
        "-c",
        "core.fsmonitor=false",
        "-c",
        f"core.hooksPath={os.devnull}",
    ),
    *("status", "--porcelain=v2", "-z", "--branch", "--no-ahead-behind"),
    *("--untracked-files=normal", "--ignore-submodules=dirty"),
)
_PASSED = ("PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR", "TEMP", "TMP", "USERPROFILE", "SYSTEMROOT", "LANG")
_OWN = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS": "",
}
_STUB = "/usr/bin/git"
"""On macOS it opens a dialog that offers to install the developer tools, where they are missing."""
_TOOLS = (
    "/Library/Developer/CommandLineTools/usr/bin/git",
    "/Applications/Xcode.app/Contents/Developer/usr/bin/git",
)

RunBriefly = Callable[..., Brief]


class TooSlow(Exception):
    """It did not answer within its deadline."""


def find_git(system: str = sys.platform) -> str | None:
    found = shutil.which("git")
    if system == "darwin" and found in (None, _STUB):
        return next((path for path in _TOOLS if os.path.isfile(path)), None)
    return found


def status(git: str, root: str, environ: Mapping[str, str], run: RunBriefly = run_briefly) -> GitState | None:
    """None where git finds no repository, or one that it does not trust. Raises TooSlow, and OSError where git
    cannot be started.
    """
    passed = {name: environ[name] for name in _PASSED if name in environ}
    found = run([git, "-C", root, *_STATUS], seconds=SECONDS, environ={**passed, **_OWN}, cap=_CAP)
    if found.code is None:
        raise TooSlow
    return read_status(found.out) if found.code == 0 else None
