"""Secrets of which no name says so: options of well-known programs, and what is set or piped. The standard library
alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from providers.host.secret_names import names_secret

_WORD = r"""(?:"[^"]*(?:"|$)|'[^']*(?:'|$)|[^\s"'|;&]+)"""
_REST = r"[^|;&\n]{0,120}?\s"
"""Further words of the same command."""
_OPTIONS = (
    rf"(?:mysql\w*|mariadb[\w-]*)\s(?:{_REST})??-p(?=[^\s])",  # with a blank it asks, and a database follows
    rf"sshpass\s(?:{_REST})??-p\s?",
    rf"redis-cli\s(?:{_REST})??-a\s?",
    rf"mongo(?:sh|dump|restore|export|import)?\s(?:{_REST})??-p\s?",
    rf"(?:un)?zip\s(?:{_REST})??-P\s?",
    rf"(?:docker|podman|nerdctl|buildah|skopeo|helm|oc|az)\s(?:{_REST})??login\s(?:{_REST})??-p\s?",
    rf"ssh-keygen\s(?:{_REST})??-[NP]\s?",
    rf"curl\s(?:{_REST})??-b\s?",
    rf"curl\s(?:{_REST})??-u\s?(?=[\"']?[^\s\"':]*:)",
    r"vault\s+login\s+(?!-)(?:token=)?",
    r"--with-token\s*<<<\s*",
)
_AFTER = re.compile(rf"(?<![\w.-])(?P<before>{'|'.join(_OPTIONS)})(?P<secret>{_WORD})")
_PIPED = re.compile(
    rf"(?<![\w.-])(?P<before>(?:echo|printf)\s+(?:-\w+\s+)?(?:[\"']?%s(?:\\n)?[\"']?\s+)?)(?P<secret>{_WORD})"
    r"(?=\s*\|[^|;&\n]*(?:stdin|--with-token|chpasswd|passwd|sudo\s+-S))"
)
_SET = re.compile(
    r"(?<![\w.-])(?P<before>(?:set|setx|setenv)\s+(?:-{1,2}[\w-]+\s+)*(?P<name>[\w/.:@-]+)\s+)"
    rf"(?P<secret>(?!-){_WORD})"
)
_MEMBER = re.compile(rf"(?P<before>\[\s*[\"'](?P<name>[\w.-]+)[\"']\s*\]\s*=\s*)(?P<secret>{_WORD})")


def without_program_secrets(text: str, hidden: str) -> str:
    """A command line with `hidden` for them. It hides more than it must."""
    for pattern in (_AFTER, _PIPED, _SET, _MEMBER):
        text = pattern.sub(_hiding(hidden), text)
    return text


def _hiding(hidden: str) -> Callable[[re.Match[str]], str]:
    def hide(found: re.Match[str]) -> str:
        name = found.groupdict().get("name")
        if hidden in found["secret"] or (name is not None and not _names(name)):
            return found[0]
        return f"{found['before']}{hidden}"

    return hide


def _names(name: str) -> bool:
    """Also of a setting such as `//registry.npmjs.org/:_authToken`."""
    return names_secret(re.split(r"[/:@]", name)[-1])
