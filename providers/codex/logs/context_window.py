"""The context window that Codex logged for a thread, as it is in what is kept of its rollouts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import fields

from providers.codex.logs.observation import Observation
from providers.domain.context_use import ContextUse
from providers.domain.typed import msgpack_decoder


class _State(Struct, array_like=True):
    """The first member of ReaderState."""

    thread: str


_TYPES = {each.name: each.type for each in fields(Observation)} | {"state": _State}
_NEEDED = ("make", "state", "contexts")
_Kept = msgspec.defstruct(
    "_Kept",
    [
        (name, _TYPES[name] if name in _NEEDED else msgspec.Raw)
        for name in Observation.__struct_fields__[: Observation.__struct_fields__.index("contexts") + 1]
    ],
    array_like=True,
)
"""The first members of an Observation: the rest, which is long, is not decoded."""
_decoder = msgpack_decoder(_Kept)


def context_window(use: ContextUse, observations: Sequence[bytes]) -> int | None:
    """That of the last turn of the thread, for its model; None where Codex logged none (before 0.101)."""
    for packed in observations:
        try:
            kept: Any = _decoder.decode(packed)
        except msgspec.MsgspecError:  # of another make: its log is read again soon
            continue
        if kept.state.thread != use.session:
            continue
        for context in reversed(kept.contexts):
            if context.model == use.model:
                window: int | None = context.window
                return window
    return None
