"""The names of models: what a log calls one, and what a price list may call the same one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

_COMPACT_DATE = re.compile(r"-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)")
_WINDOW = re.compile(r"\[\w+\]$")  # claude-opus-4-8[1m]
_BEDROCK = re.compile(r"(?:[a-z-]+\.)?([a-z-]+)\.(.+?)(?:-v\d+(?::\w+)*)?")  # us.anthropic.claude-…-v1:0
_VERTEX_DATE = re.compile(r"@(\d{8})$")  # claude-opus-4-8@20260101
_VERTEX_ALIAS = re.compile(r"@[a-z]+$")  # claude-opus-4-8@default
_SNAPSHOT = re.compile(r"-(?:latest|20\d{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))$")
_HOSTS = ("azure", "bedrock", "vertex_ai")  # they serve the makers' models under the makers' names


class Name(Struct, frozen=True):
    """A model's name as logged: who can have made it, and the spellings to look it up by, as logged first.

    `undated` is the name of which this one is a snapshot, or the name itself.
    """

    makers: tuple[str, ...]
    spellings: tuple[str, ...]
    undated: str


def read_name(logged: str, makers: tuple[str, ...]) -> Name:
    """Parses a logged name, such as `openai/gpt-5.5` or `us.anthropic.claude-…-v1:0`. A name that
    names a maker leaves only that one of `makers`, and none if it is another.
    """
    whole = logged.strip().lower()
    *prefixes, bare = whole.split("/")
    if prefixes and prefixes[-1] == "models":  # publishers/anthropic/models/claude-…
        prefixes.pop()
    hosted = _BEDROCK.fullmatch(bare)
    if hosted is not None and hosted[1] in makers:
        makers, bare = (hosted[1],), hosted[2]
    elif prefixes and prefixes[-1] not in _HOSTS:
        makers = tuple(maker for maker in makers if maker == prefixes[-1])
    if not makers:
        return Name((), (whole,), whole)
    spellings = tuple(dict.fromkeys((whole, *_spellings(bare))))
    return Name(makers, spellings, _SNAPSHOT.sub("", spellings[-1]))


def is_one_of(logged: str, listed: frozenset[str]) -> bool:
    """Whether a model is logged by one of these very names, or as a dated snapshot of one. False of a name that
    holds more than that, as a gateway's may.
    """
    whole = logged.strip().lower()
    return whole in listed or _SNAPSHOT.sub("", _dashed(whole)) in listed


def _spellings(bare: str) -> Iterator[str]:
    yield bare
    plain = _VERTEX_ALIAS.sub("", _VERTEX_DATE.sub(r"-\1", _WINDOW.sub("", bare)))
    yield plain
    yield _dashed(plain)


def _dashed(name: str) -> str:
    return _COMPACT_DATE.sub(r"-\1-\2-\3", name)
