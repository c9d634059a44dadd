"""Salvages objects that the strict decoder has refused: what is valid in any form is taken, the rest is
dropped.

A member that is not of its type in any form is dropped alone, never its siblings: `"input_tokens": "10"` and
`10.0` are 10. Where a null is not allowed, it is a missing member.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import NODEFAULT, Raw, Struct

from providers.domain import scalars, typed

_T = TypeVar("_T", bound=Struct)


def convert(raw: Any, kind: type[_T]) -> _T:
    """`raw` as a `kind`; raises ValueError where it is no object, or has no value for a required member."""
    if not isinstance(raw, dict):
        raise ValueError(f"no {kind.__name__}")
    values: dict[str, Any] = {}
    for name, wire_name, hint, required in _members(kind):
        try:
            values[name] = _member(raw[wire_name], hint)
        except (KeyError, ValueError):
            if required:
                raise ValueError(f"no {wire_name}") from None
    return kind(**values)


@cache
def _members(kind: type[Struct]) -> tuple[tuple[str, str, Any, bool], ...]:
    """Of each member its name, its name on the wire, its type, and whether it is required."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple(
        (
            field.name,
            field.encode_name,
            hints[field.name],
            field.default is NODEFAULT and field.default_factory is NODEFAULT,
        )
        for field in msgspec.structs.fields(kind)
    )


def _member(raw: Any, hint: Any) -> Any:
    """The value for a member of this type; raises ValueError where it is none in any form."""
    if hint is Raw:
        return Raw(msgspec.json.encode(raw))
    for plain in (raw, scalars.whole(raw), scalars.number(raw), scalars.flag(raw), scalars.moment(raw)):
        if plain is not None or raw is None:
            try:
                return typed.convert(plain, hint)
            except msgspec.ValidationError:
                continue
    if isinstance(raw, dict) and get_origin(hint) is dict:
        return {name: _member(value, get_args(hint)[1]) for name, value in raw.items()}
    for each in (hint, *get_args(hint)):
        if isinstance(raw, dict) and isinstance(each, type) and issubclass(each, Struct):
            return convert(raw, each)
    raise ValueError("of no such type")
