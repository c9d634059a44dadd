"""What is taken out of a text before it is logged, reported or shown: addresses, tokens, the path of the person's
home.

The last barrier, for what should not be in there anyway; for a command line (`redact_command`) the only one.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache

from providers.host.secret_names import names_secret

REDACTED = "[redacted]"

_ADDRESS = re.compile(r"([\w.+-])[\w.+-]*@([\w-]+(?:\.[\w-]+)+)")
_TOKEN = re.compile(
    r"eyJ[\w-]{6,}(?:\.[\w-]+)?(?:\.[\w-]*)?"  # a JWT
    r"|(?<![A-Za-z0-9])sk-[\w-]{8,}"  # keys and logins of both vendors
    r"|sk-(?=[\w-]*\d)[\w-]{20,}"  # the same within a word, where `task-` may stand, too
    r"|gh[opusr]_[A-Za-z0-9]{8,}|github_pat_\w{8,}"  # GitHub
    r"|glpat-[\w-]{8,}"  # GitLab
    r"|xox[a-z]-[\w-]{6,}"  # Slack
    r"|(?:AKIA|ASIA)[A-Z0-9]{12,}"  # AWS
    r"|(?i:(?<=bearer ))[\w.~+/=-]{6,}"
    r"|(?<=://)[^\s/]+(?=@)"  # a name and password in an address
    r"|[\w+=-]{80,}"  # longer than any name of a log
)
_NAMED = re.compile(r"""(?<![\w.-])([\w.-]++)(?:\\*["'])?(\s?[:=]{1,3}>?\s?|\s?,\s?|\s|\\[nrt])""")
_WORD = re.compile(
    r"(?:(?i:bearer|basic|digest|token) )?"
    r"""(?:(?P<escaped>\\+["']).*?(?:(?P=escaped)|$)"""  # within a text that is quoted itself
    r"""|(?:"(?:[^"\\]|\\(?:.|$))*(?:"|$)|'[^']*(?:'|$)|\\(?:.|$)|[^\s"'\\])+)""",
    re.DOTALL,
)
_DONE = re.compile(r"""["']?\[redacted\](?=["'\s]|$)""")
_SCHEMES = ("bearer", "basic")
_NAME_AND_PASSWORD = ("-u", "--user", "-U", "--proxy-user")


def redact(text: str, home: str | None = None) -> str:
    """The text without them; `home` is the person's own by default."""
    text = _TOKEN.sub(REDACTED, text)
    text = _ADDRESS.sub(mask, text)
    home = os.path.expanduser("~") if home is None else home
    for pattern in _home_patterns(home):
        text = pattern.sub("~", text)
    return text


def redact_command(text: str, home: str | None = None) -> str:
    """A command line, or a part of one, with single blanks: also without the values of what is named as a secret
    (`--token X`, `PASSWORD=X`, `Authorization: X`).
    """
    from providers.host.program_secrets import without_program_secrets  # its patterns take milliseconds

    return redact(_without_named(without_program_secrets(text, REDACTED)), home)


def mask(address: re.Match[str]) -> str:
    return f"{address[1]}…@{address[2]}"


def _without_named(text: str) -> str:
    kept: list[str] = []
    copied = at = 0
    while (found := _NAMED.search(text, at)) is not None:
        at = found.end()
        end = _value_end(text, found)
        if end is not None:
            kept += (text[copied:at], REDACTED)
            copied = at = end
    kept.append(text[copied:])
    return "".join(kept)


def _value_end(text: str, found: re.Match[str]) -> int | None:
    """Where the secret that follows a name ends; None if there is none."""
    name, separator, at = found[1], found[2], found.end()
    is_login = name in _NAME_AND_PASSWORD
    has_scheme = name.lower() in _SCHEMES
    is_named = has_scheme or name.startswith("-") or ":" in separator or "=" in separator
    if not (is_login or (is_named and (has_scheme or names_secret(name)))):
        return None
    value = _WORD.match(text, at)
    if value is None or _DONE.match(text, at):
        return None
    if is_login:
        password = value[0].strip("\"'").partition(":")[2]
        return value.end() if password and not password.isdecimal() else None
    if ":" in separator:
        # A header: `-H "Cookie: a=b; c=d"`, or an argument of its own.
        before = text[: found.start()][-1:]
        if before in ("", '"', "'"):
            if text[found.end(1)] in "\"'\\":  # no, a member of an object
                return value.end()
            closing = text.find(before, at) if before else -1
            return closing if closing >= 0 else len(text)
    return value.end()


@lru_cache(maxsize=4)
def _home_patterns(home: str) -> tuple[re.Pattern[str], ...]:
    paths = {home, os.path.realpath(home)}
    return tuple(re.compile(rf"{re.escape(path)}(?![\w.-])") for path in paths if len(path) > 1)
