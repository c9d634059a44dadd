"""The PATH as the user's login shell sets it: a tray started by a desktop never read their `.zshrc`.

The shell is run once per process, with a deadline, without a terminal, and nothing it starts outlives the call.
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
    """The PATH of the login shell; None if there is none, or it does not respond in time."""
    with _lock:
        if not _asked:
            _asked.append(ask(environ))
        return _asked[0]


def ask(environ: Mapping[str, str], *, system: str = sys.platform, seconds: float = SECONDS) -> str | None:
    """Like `login_path`, without the cache."""
    if system == "win32":
        return None
    shell = environ.get("SHELL") or _shell_of_user()
    script = _SCRIPTS.get(Path(shell).name)
    if script is None or not os.path.isabs(shell):
        return None  # an unknown shell
    mark = f"--{uuid4().hex}--"
    # Frameworks of shells look for updates, and multiplexers start, where they see a real terminal.
    quiet = {**environ, "TERM": "dumb", "DISABLE_AUTO_UPDATE": "true"}
    parts = _output([shell, "-lic", script.format(mark=mark)], quiet, mark.encode(), seconds).split(
        mark.encode()
    )
    return os.fsdecode(parts[1]) if len(parts) > 2 else None


def _shell_of_user() -> str:
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_shell
    except (ImportError, KeyError):
        return ""


def _output(command: list[str], environ: Mapping[str, str], mark: bytes, seconds: float) -> bytes:
    """Its output until both marks were printed."""
    from providers.host.process.child import Child, probe_folder

    output = b""
    ends = time.monotonic() + seconds
    try:
        with (
            probe_folder() as folder,
            Child(command, environ=environ, folder=folder, grace=_GRACE_SECONDS) as child,
        ):
            while output.count(mark) < 2 and len(output) < _OUTPUT_LIMIT and child.open:
                left = ends - time.monotonic()
                chunk = child.next(left) if left > 0 else None
                if chunk is None:
                    break
                output += chunk[1]
    except (OSError, ProviderError):
        pass  # no such shell, or no temporary folder
    return output
