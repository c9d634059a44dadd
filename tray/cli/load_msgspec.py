"""msgspec, loaded without a library that it does not need here."""

from __future__ import annotations

import sys

_BACKPORTS = "typing_extensions"


def load_msgspec() -> None:
    """What somebody has loaded already is left alone.

    Where typing_extensions is installed, as beside what serves the page, msgspec (0.22) takes from it what the
    `typing` of Python 3.11 has too: 5 MB and 30 ms for each process.
    """
    if "msgspec" in sys.modules or _BACKPORTS in sys.modules:
        return
    absent: dict[str, None] = {_BACKPORTS: None}  # its import fails, which msgspec expects
    sys.modules.update(absent)  # type: ignore[arg-type]
    try:
        import msgspec  # noqa: F401
    finally:
        del sys.modules[_BACKPORTS]
