"""The cookie of the web app's login, found in what people paste.

Facts: the web app (2026) keeps its login in `__Secure-next-auth.session-token`; what is longer than one cookie
may be is in pieces, `….0`, `….1`. People paste the Cookie header, a copied curl command, rows of the browser's
table of cookies, or the value alone; Chrome on Windows copies curl commands with carets. Of all that only these
cookies are kept.
"""

from __future__ import annotations

import re

from providers.host.secret import Secret

NAME = "__Secure-next-auth.session-token"
LONGEST = 16 << 10
_PAIR = re.compile(rf"(?<![\w.-])({re.escape(NAME)}(?:\.\d{{1,2}})?)[\"']?[=:\s]\s*[\"']?([^\s;,\"'\\^]+)")
_PIECE = re.compile(rf"{re.escape(NAME)}\.(\d{{1,2}})", re.ASCII)
_BARE = re.compile(r"[\w.~+/%-]{40,}=*", re.ASCII)
_CONTROL = re.compile(r"[^\t\n\r -\U0010ffff]|[\x7f-\x9f]")

Cookies = dict[str, str]
"""The login's cookies by name: one, or its pieces in order."""


class NoCookie(ValueError):
    """What was pasted holds no login; str() is a sentence with the remedy."""


def find_cookies(text: str) -> Cookies:
    """Raises NoCookie."""
    text = text.replace("\x1b[200~", "").replace(
        "\x1b[201~", ""
    )  # with which terminals enclose what is pasted
    if len(text.encode(errors="replace")) > LONGEST:
        raise NoCookie("This is too long for a cookie. Copy only the value of the cookie.")
    if _CONTROL.search(text):
        raise NoCookie("This contains control characters. Copy the cookie again.")
    if not text.strip():
        raise NoCookie("Nothing was pasted.")
    found = whole(dict(_PAIR.findall(text)))
    if not found and NAME not in text:
        bare = "".join(text.split()).strip("\"'") if _is_wrapped(text) else text.strip().strip("\"'")
        found = {NAME: bare} if _BARE.fullmatch(bare) else {}
    if not found or not all(Secret(value).sendable() for value in found.values()):
        raise NoCookie(
            f"This contains no cookie {NAME}, or not all of its pieces. Copy it as the README says."
        )
    return found


def whole(found: Cookies) -> Cookies:
    """The cookie, or all of its pieces in order; none where a piece is missing."""
    pieces = sorted((int(each[1]), name) for name in found if (each := _PIECE.fullmatch(name)))
    if pieces and [number for number, _ in pieces] == list(range(len(pieces))):
        return {name: found[name] for _, name in pieces}
    return {NAME: found[NAME]} if not pieces and NAME in found else {}


def as_header(cookies: Cookies) -> Secret:
    return Secret("; ".join(f"{name}={value}" for name, value in cookies.items()))


def _is_wrapped(text: str) -> bool:
    """Whether a terminal or a mail broke one long value into lines, all of which but the last have one length."""
    lines = text.split()
    return len({len(line) for line in lines[:-1]}) == 1
