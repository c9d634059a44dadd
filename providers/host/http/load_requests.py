"""requests, loaded without the library that guesses the encoding of a text.

Bodies are read as bytes here, so nothing ever guesses; but requests imports charset_normalizer all the same, which
costs a process that runs all day 3 MB, and each start 25 ms (requests 2.34, charset_normalizer 3.5).
"""

from __future__ import annotations

import sys
from threading import Lock
from types import ModuleType

_GUESSER = "charset_normalizer"
_VERSION = "3.0.0"  # requests refuses to load beside one that is older or newer than it knows
_loading = Lock()


def load_requests() -> ModuleType:
    """The module; the guesser is left alone where somebody has loaded it already."""
    with _loading:
        if "requests" not in sys.modules and _GUESSER not in sys.modules:
            stand_in = ModuleType(_GUESSER)
            stand_in.__version__ = _VERSION  # type: ignore[attr-defined]
            sys.modules[_GUESSER] = stand_in
            try:
                import requests
            finally:
                del sys.modules[_GUESSER]
            return requests
        import requests

        return requests
