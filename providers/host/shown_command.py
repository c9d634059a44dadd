"""A command line, or a tool's argument, in one short line that may be shown: without secrets.

Whatever a person's programs were called with may hold passwords, and characters that change what a terminal shows.
"""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Collection, Sequence
from functools import lru_cache

from providers.host.agent_command import agent_call, agent_call_in, evaluated
from providers.host.redact import redact_command

LONGEST_SHOWN = 120

_LONGEST_READ = 4096
_CUT_OFF = 512
"""So much before the cut may belong to a secret that is not recognized without its end."""
_DEEPEST = 3
_SHELLS = frozenset(("sh", "bash", "zsh", "dash", "ash", "ksh", "fish", "pwsh", "powershell", "cmd"))
_SCRIPT_OPTION = re.compile(r"-[a-z]*c[a-z]*|-command|/c", re.IGNORECASE)
_CALLED = re.compile(r"""(\S*sh)\s+(-[a-z]*c[a-z]*)\s+["']?""")
_TERMINAL_CODE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)")


def shown_command(argv: Sequence[str], home: str | None = None, clis: Collection[str] = ()) -> str:
    """The program by its name, then its arguments; of a shell that runs a script, the script. Of a call of one of
    these `clis` no argument is shown: it may be a prompt.

    At most `LONGEST_SHOWN` characters. "" where there are no arguments. `home` is shown as ~, the person's own by
    default.
    """
    call = agent_call(argv, clis) if clis else None
    if call is not None:
        return _shortened(_plain(call), home, is_cut=False)
    words: list[str] = []
    read = 0
    for word in argv:
        words.append(word[: _LONGEST_READ + 1])  # one more, so that it shows that it was cut
        read += len(word)
        if read > _LONGEST_READ:
            break
    return _shown(tuple(words), home, is_cut=read > _LONGEST_READ)


@lru_cache(maxsize=256)
def _shown(words: tuple[str, ...], home: str | None, *, is_cut: bool) -> str:
    """The same programs are shown again and again."""
    script = _script(words)
    if script is not None:
        return shown_argument(script, home)
    plain = [_plain(word) for word in words]
    if plain:
        plain[0] = re.split(r"[/\\]", plain[0])[-1] or plain[0]
    # Each for itself, since a secret may hold blanks; then all, since its name may stand before it.
    return _shortened(_joined(plain, home), home, is_cut=is_cut)


def shown_argument(text: str, home: str | None = None, clis: Collection[str] = ()) -> str:
    """The same of a text, such as a command that a tool was asked to run."""
    is_cut = False
    for _ in range(_DEEPEST):
        if clis and (call := agent_call_in(text, clis)) is not None:
            return _shortened(_plain(call), home, is_cut=False)
        is_cut = is_cut or len(text) > _LONGEST_READ
        text = text[:_LONGEST_READ]
        script = evaluated(text) or _script(_split(text))
        if script is None:
            break
        text = script
    return _shortened(_plain(text), home, is_cut=is_cut)


def _joined(words: Sequence[str], home: str | None) -> str:
    shown: list[str] = []
    for before, word in itertools.pairwise(("", *words)):
        value = redact_command(f"{before} {shlex.quote(word)}", home)
        hides = before.startswith("-") and value.endswith(" [redacted]")
        each = "[redacted]" if hides else redact_command(word, home)
        shown.append(f'"{each}"' if " " in each else each)
    return " ".join(each for each in shown if each)


def _shortened(text: str, home: str | None, *, is_cut: bool) -> str:
    text = redact_command(text, home)
    if is_cut:
        text = f"{text[:-_CUT_OFF]}…"
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1].rstrip()}…"


def _plain(text: str) -> str:
    """One line of what can be read."""
    text = " ".join(_TERMINAL_CODE.sub("", text).split())
    return text if text.isprintable() else "".join(sign for sign in text if sign.isprintable())


def script_of(argv: Sequence[str]) -> str | None:
    """What a shell was started to run, without what prepares it; None for any other program."""
    script = _script(argv)
    return None if script is None else evaluated(script) or script


def _script(words: Sequence[str]) -> str | None:
    """What a shell is called with after `-c`."""
    if len(words) < 3:
        return None
    name = re.split(r"[/\\]", words[0])[-1].lower().removesuffix(".exe")
    if name not in _SHELLS:
        return None
    for at, word in enumerate(words[1:-1], 1):
        if _SCRIPT_OPTION.fullmatch(word):
            return " ".join(words[at + 1 :]) if name == "cmd" else words[at + 1]
        if not word.startswith(("-", "/", "+")) and not words[at - 1].startswith(("-", "+")):
            return None
    return None


def _split(text: str) -> list[str]:
    if not any(shell in text[:64] for shell in ("sh", "cmd")):
        return []
    try:
        return shlex.split(text)
    except ValueError:  # a quote that does not end, as where the text was cut
        called = _CALLED.match(text)
        return [*called.group(1, 2), text[called.end() :]] if called else []
