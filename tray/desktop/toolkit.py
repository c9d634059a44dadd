"""pystray, imported so that it opens nothing.

On Linux its import looks for a backend, and the last one tried opens the display, or dies without one.
The backends we use there are named by us, so the import gets the one that does nothing.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from typing import Any

_before = os.environ.get("PYSTRAY_BACKEND")
if sys.platform == "linux":
    os.environ["PYSTRAY_BACKEND"] = "dummy"
try:
    import pystray
    from pystray import _base as base
finally:
    if sys.platform == "linux":
        if _before is None:
            del os.environ["PYSTRAY_BACKEND"]
        else:
            os.environ["PYSTRAY_BACKEND"] = _before

# pystray logs a traceback where a panel merely restarts; without a handler Python would print it.
logging.getLogger("pystray").addHandler(logging.NullHandler())


def backend(name: str) -> Any:
    return importlib.import_module(f"pystray._{name}")


__all__ = ["backend", "base", "pystray"]
