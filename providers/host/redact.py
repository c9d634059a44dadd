"""What is taken out of a text before it is logged or reported: addresses, tokens, the path of the person's home.

The last barrier, for what should not be in there anyway.
"""

from __future__ import annotations

import os
import re

_ADDRESS = re.compile(r"([\w.+-])[\w.+-]*@([\w-]+(?:\.[\w-]+)+)")
_TOKEN = re.compile(
    r"eyJ[\w-]{6,}\.[\w-]+(?:\.[\w-]*)?"  # a JWT
    r"|\bsk-[\w-]{8,}"  # keys and logins of both vendors
    r"|(?<=://)[^\s/@]+(?=@)"  # a name and password in an address
    r"|[\w+=-]{80,}"  # longer than any name of a log
)


def redact(text: str, home: str | None = None) -> str:
    """The text without them; `home` is the person's own by default."""
    text = _TOKEN.sub("[redacted]", text)
    text = _ADDRESS.sub(mask, text)
    home = os.path.expanduser("~") if home is None else home
    for path in {home, os.path.realpath(home)}:
        if len(path) > 1:
            text = re.sub(rf"{re.escape(path)}(?![\w.-])", "~", text)
    return text


def mask(address: re.Match[str]) -> str:
    return f"{address[1]}…@{address[2]}"
