"""Decoders of Structs, which only one thread at a time makes.

When msgspec 0.22.0 first meets a Struct, it shows its members to other threads before it has found the types of
all: one that decodes such a Struct meanwhile crashes the interpreter. So nothing else makes decoders, and
nothing decodes or converts to a Struct in any other way.
"""

from __future__ import annotations

from threading import RLock
from types import UnionType
from typing import Any, TypeVar, overload

import msgspec

T = TypeVar("T")

_making = RLock()
_prepared: set[Any] = set()


@overload
def json_decoder(kind: type[T]) -> msgspec.json.Decoder[T]: ...
@overload
def json_decoder(kind: UnionType) -> msgspec.json.Decoder[Any]: ...
def json_decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    with _making:
        return msgspec.json.Decoder(kind)


def msgpack_decoder(kind: type[T]) -> msgspec.msgpack.Decoder[T]:
    with _making:
        return msgspec.msgpack.Decoder(kind)


def json_decode(content: bytes, kind: type[T]) -> T:
    """As `msgspec.json.decode`; raises DecodeError, and UnicodeDecodeError or RecursionError as it does."""
    _prepare(kind)
    return msgspec.json.decode(content, type=kind)


@overload
def convert(raw: object, kind: type[T]) -> T: ...
@overload
def convert(raw: object, kind: UnionType) -> Any: ...
def convert(raw: object, kind: Any) -> Any:
    """As `msgspec.convert`; raises ValidationError."""
    _prepare(kind)
    return msgspec.convert(raw, kind)


def _prepare(kind: Any) -> None:
    if kind not in _prepared:
        json_decoder(kind)
        _prepared.add(kind)
