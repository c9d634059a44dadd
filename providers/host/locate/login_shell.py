"""The PATH as the person's own shell sets it up: a tray that a desktop started never saw their `.zshrc`.

The shell is asked once in the life of this process, with a deadline, without a terminal, and nothing it starts
outlives the question.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from providers.domain.errors import ProviderError

SECONDS = 4.0
_OUTPUT_LIMIT = 1 << 20
_GRACE_SECONDS = 0.1
# Nothing is kept in a history, and neither banners nor prompts matter between two marks of our own.
_POSIX = "unset HISTFILE; command printf '%s%s%s' '{mark}' \"$PATH\" '{mark}'"
_SCRIPTS = {
    **dict.fromkeys(("bash", "zsh", "sh", "dash", "ksh"), _POSIX),
    "fish": "printf '%s%s%s' '{mark}' (string join : $PATH) '{mark}'",
}
_lock = threading.Lock()
_asked: list[str | None] = []


def login_path(environ: Mapping[str, str]) -> str | None:
    """The PATH of the login shell; None where there is none, or it says nothing in time."""
    with _lock:
        if not _asked:
            _asked.append(ask(environ))
        return _asked[0]


def ask(environ: Mapping[str, str], *, system: str = sys.platform, seconds: float = SECONDS) -> str | None:
    """As `login_path`, asked anew."""
    if system == "win32":
        return None
    shell = environ.get("SHELL") or _shell_of_user()
    script = _SCRIPTS.get(Path(shell).name)
    if script is None or not os.path.isabs(shell):
        return None  # its language is not known
    mark = f"--{uuid4().hex}--"
    # Frameworks of shells look for updates, and multiplexers start, where they see a real terminal.
    quiet = {**environ, "TERM": "dumb", "DISABLE_AUTO_UPDATE": "true"}
    parts = _said([shell, "-lic", script.format(mark=mark)], quiet, mark.encode(), seconds).split(
        mark.encode()
    )
    return os.fsdecode(parts[1]) if len(parts) > 2 else None


def _shell_of_user() -> str:
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_shell
    except (ImportError, KeyError):
        return ""


def _said(command: list[str], environ: Mapping[str, str], mark: bytes, seconds: float) -> bytes:
    """What it printed until both marks were there."""
    from providers.host.process.child import Child, probe_folder

    said = b""
    ends = time.monotonic() + seconds
    try:
        with (
            probe_folder() as folder,
            Child(command, environ=environ, folder=folder, grace=_GRACE_SECONDS) as child,
        ):
            while said.count(mark) < 2 and len(said) < _OUTPUT_LIMIT and child.open:
                left = ends - time.monotonic()
                chunk = child.next(left) if left > 0 else None
                if chunk is None:
                    break
                said += chunk[1]
    except (OSError, ProviderError):
        pass  # no such shell, or no place to ask it from
    return said
