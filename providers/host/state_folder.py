"""Where tankful keeps its state, as `own_folders` has it, whose libraries take too long for a status line."""

from __future__ import annotations

import os
import sys

from providers.host.private import distrust

TYPE_CHECKING = False  # typing's own would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping

_STATE = {"linux": "~/.local/state", "darwin": "~/Library/Application Support"}


def state_folder(environ: Mapping[str, str], system: str = sys.platform) -> str:
    """An absolute path, or, of who has no home, one with a `~`; nothing is made there."""
    if own := environ.get("TANKFUL_HOME"):
        return os.path.join(os.path.abspath(os.path.expanduser(own)), "state")
    if system in _STATE:
        # A relative one would mean the folder of the person's project.
        configured = environ.get("XDG_STATE_HOME", "")
        above = configured if os.path.isabs(configured) else os.path.expanduser(_STATE[system])
        return os.path.normpath(os.path.join(above, "tankful"))
    from providers.host.files import own_folders

    return str(own_folders(environ).state)


def is_trusted(environ: Mapping[str, str]) -> bool:
    """Whether nobody else could have written what is there; `trust` has a sentence for each reason.

    A relative folder would be one of the person's project.
    """
    own = environ.get("TANKFUL_HOME")
    root = os.path.abspath(os.path.expanduser(own)) if own else None
    state = state_folder(environ)
    return os.path.isabs(state) and (root is None or distrust(root) is None) and distrust(state) is None
