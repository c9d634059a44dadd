"""Calls of agents' CLIs in a command line or a script, without the prompt that they are given.

A prompt is an argument, or is piped in, or stands in a variable, and which argument it is only the CLI knows. So
of such a command nothing is shown but the program and the options that stand right behind it.
"""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Collection, Sequence
from functools import lru_cache

LONGEST_SEARCHED = 1 << 16
_MOST_WORDS = 32
"""So many words of a command may stand before the program that it is all about."""
_SEPARATOR = re.compile(r"(?<!>)(?:&&|\|\||[&|])|[;\n(){}`]")
_PREPARED = re.compile(r"\s*(?:source|\.)\s.*&&\s*eval\s+(?=['\"])", re.DOTALL)
_ASSIGNMENT = re.compile(r"\s*\w+=(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|\\.|[^\s'\"\\])*(?=\s)")
_KEYWORDS = frozenset(("if", "then", "elif", "else", "while", "until", "do", "!", "time", "exec", "command"))
_SHELLS = frozenset(("sh", "bash", "zsh", "dash", "ash", "ksh", "fish", "pwsh", "powershell", "cmd", "eval"))
_STARTERS = frozenset(
    [
        "asdf",
        "bun",
        "bunx",
        "caffeinate",
        "chronic",
        "deno",
        "direnv",
        "docker",
        "doas",
        "dotenv",
        "env",
        "exec",
        "firejail",
        "flock",
        "gtimeout",
        "ionice",
        "ltrace",
        "mise",
        "nice",
        "node",
        "nodejs",
        "nohup",
        "npm",
        "npx",
        "nsenter",
        "nvm",
        "parallel",
        "podman",
        "pnpm",
        "proxychains",
        "pnpx",
        "runuser",
        "screen",
        "script",
        "setsid",
        "ssh",
        "start",
        "stdbuf",
        "strace",
        "su",
        "sudo",
        "systemd-run",
        "time",
        "timeout",
        "tmux",
        "tsx",
        "unbuffer",
        "unshare",
        "uv",
        "uvx",
        "volta",
        "watch",
        "xargs",
        "yarn",
    ]
)
"""Programs that start the one which they are given, after options of their own."""
_OTHER_VERBS = frozenset(
    [
        "add",
        "audit",
        "build",
        "ci",
        "i",
        "info",
        "install",
        "list",
        "lock",
        "ls",
        "outdated",
        "pip",
        "publish",
        "pull",
        "push",
        "remove",
        "run-script",
        "start",
        "sync",
        "t",
        "test",
        "uninstall",
        "update",
        "view",
    ]
)
"""With one of these first they start nothing that was named."""
_SUFFIX = re.compile(r"\.(?:exe|cmd|bat|ps1|sh|py|[cm]?js)$", re.IGNORECASE)
_QUOTED_PATH = re.compile(r"\s*(['\"])((?:[A-Za-z]:)?[/\\][^'\"]*)\1(?=\s|$)")
_SHELL_OPTION = re.compile(r"[-+]\S*|/[a-z]", re.IGNORECASE)
_OPTION = re.compile(r"-[A-Za-z]|--[a-z][a-z-]*")


def agent_call(argv: Sequence[str], names: Collection[str]) -> str | None:
    """What is shown of a command that calls a CLI with one of these names; None where it calls none."""
    if not any(name in word.lower() for word in argv for name in names):
        return None
    begin, places = _places(argv[:_MOST_WORDS])
    clis = _pattern(frozenset(names))
    for at in places:
        if (at or len(argv) == 1) and any(blank in argv[at] for blank in " \t\n"):  # a script, or a title
            if (found := agent_call_in(argv[at], names)) is not None:
                return found
        elif (name := _named(argv[at], clis)) is not None:
            return _shown(argv[begin:at], name, argv[at + 1 :])
    return None


def agent_call_in(text: str, names: Collection[str]) -> str | None:
    """The same of a script, whatever its quotes: one in another's is found, too. Of one so long that its end is
    not searched nothing is shown, if a CLI may be called there.
    """
    text, rest = text[:LONGEST_SEARCHED], text[LONGEST_SEARCHED:].lower()
    unsearched = "…" if any(name in rest for name in names) else None
    text = evaluated(text) or text
    lowered = text.lower()
    if not any(name in lowered for name in names):
        return unsearched
    clis, start = _pattern(frozenset(names)), 0
    for end, after in (*(each.span() for each in _SEPARATOR.finditer(text)), (len(text), len(text))):
        words = _words(text[start:end])
        begin, places = _places(words)
        for at in places:
            if (name := _named(words[at], clis)) is not None:
                call = _shown(words[begin:at], name, words[at + 1 :], is_all=not text[end:].strip(" \n)}'\""))
                return f"… {call}" if text[:start].strip() else call
        start = after
    return unsearched


def evaluated(text: str) -> str | None:
    """What a script evaluates when it has prepared its shell: so Claude Code 2.1.332 wraps tools' commands."""
    prepared = _PREPARED.match(text)
    if prepared is None:
        return None
    words = shlex.shlex(text[prepared.end() :], posix=True, punctuation_chars=False)
    words.whitespace_split = True
    words.commenters = ""
    try:
        return words.get_token()
    except ValueError:  # a quote that does not end, as where the text was cut
        return None


@lru_cache(maxsize=4)
def _pattern(names: frozenset[str]) -> re.Pattern[str]:
    """A program or a package: `name`, `name-code@1.2`, or what its releases add to it."""
    return re.compile(rf"(?:{'|'.join(map(re.escape, sorted(names)))})(?:[-_@][\w.@+-]*)?", re.IGNORECASE)


def _named(word: str, clis: re.Pattern[str]) -> str | None:
    """How the program is called, if it is one: by its file, or by the package that its file is in."""
    parts = [part for part in re.split(r"[/\\]", word) if part]
    if parts and clis.fullmatch(_SUFFIX.sub("", parts[-1])):
        return parts[-1]
    if any(part == "node_modules" for part in parts):
        return next((part for part in reversed(parts) if clis.fullmatch(part)), None)
    return None


def _places(words: Sequence[str]) -> tuple[int, range]:
    """Where a command begins, but for what stands before any, and where the program may stand that it runs."""
    at = next((at for at, word in enumerate(words) if word not in _KEYWORDS), len(words))
    while at < len(words) and _program(words[at]) in _SHELLS:
        at += 1
        while at < len(words) and _SHELL_OPTION.fullmatch(words[at]):
            at += 1
    if at == len(words) or _program(words[at]) not in _STARTERS:
        return at, range(at, min(at + 1, len(words)))
    verb = next((word for word in words[at + 1 :] if not word.startswith("-")), "")
    return at, range(0) if verb in _OTHER_VERBS else range(at, len(words))


def _program(word: str) -> str:
    return _SUFFIX.sub("", re.split(r"[/\\]", word)[-1].lower())


def _words(command: str) -> list[str]:
    """Without quotes, and without the variables that are set for it."""
    path = _QUOTED_PATH.match(command)
    if path is not None:
        return [path[2], *_words(command[path.end() :])]
    command = command.lstrip(" \t\"'\\$")
    while (found := _ASSIGNMENT.match(command)) is not None:
        command = command[found.end() :]
    words = command.split(None, _MOST_WORDS)
    return [bare for word in words if (bare := word.strip("\"'\\$"))]


def _shown(before: Sequence[str], name: str, arguments: Sequence[str], *, is_all: bool = True) -> str:
    """`before` begins with the program that starts it, if one does."""
    shown = [re.split(r"[/\\]", before[0])[-1]] if before else []
    shown += ["…", name] if len(before) > 1 else [name]
    options = list(itertools.takewhile(_OPTION.fullmatch, arguments))
    rest = [] if is_all and len(options) == len(arguments) else ["…"]
    return " ".join((*shown, *options, *rest))
