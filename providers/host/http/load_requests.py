"""requests, loaded without three libraries that it does not need here.

One guesses the encoding of a text. Bodies are read as bytes here, so that is never needed; but requests
imports charset_normalizer all the same, which costs a process that runs all day 3 MB, and each start 25 ms
(requests 2.34, charset_normalizer 3.5). Another is for SOCKS proxies, 5 ms; `through_socks` speaks to them
without it. The third reads the metadata of packages, for HTTP/2, which is not used: 0.5 MB and 15 ms
(urllib3 2.8).
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from threading import Lock
from types import ModuleType

_GUESSER = "charset_normalizer"
_SOCKS = "urllib3.contrib.socks"
_HTTP2 = "urllib3.http2"
_VERSION = "3.0.0"  # requests refuses to load beside one that is older or newer than it knows
_loading = Lock()


def load_requests() -> ModuleType:
    """The module; what somebody has loaded already is left alone."""
    with _loading:
        absent: dict[str, ModuleType | None] = {}
        if "requests" not in sys.modules:
            guesser = ModuleType(_GUESSER)
            guesser.__version__ = _VERSION  # type: ignore[attr-defined]
            # None: its import fails, which requests expects.
            stand_ins = {_GUESSER: guesser, _SOCKS: None, _HTTP2: _http2()}
            absent = {name: module for name, module in stand_ins.items() if name not in sys.modules}
        sys.modules.update(absent)  # type: ignore[arg-type]
        try:
            import requests
        finally:
            for name in absent:
                del sys.modules[name]
        return requests


def _http2() -> ModuleType:
    """The package without what it imports itself; the module in it that urllib3 needs is found."""
    package = ModuleType(_HTTP2)
    urllib3 = find_spec("urllib3")
    if urllib3 is not None and urllib3.submodule_search_locations:
        package.__path__ = [os.path.join(folder, "http2") for folder in urllib3.submodule_search_locations]
    return package
