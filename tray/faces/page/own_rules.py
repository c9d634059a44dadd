"""Which form of the prices an address asks for: `open=price:edit:2`. Pure."""

from __future__ import annotations

from msgspec import Struct

from tray.faces.page.query import PageQuery

_PREFIX = "price"
KINDS = ("add", "edit", "copy", "end", "delete")


class OpenForm(Struct, frozen=True, kw_only=True):
    """`number` is that of a price in the file, from 0, None for a new one; `model` is what it is to be for."""

    kind: str
    number: int | None = None
    model: str = ""


def opened(query: PageQuery, kind: str, what: str | int = "") -> str:
    """The address that opens a form: what it is about is the number of a price or, of a new one, a model."""
    return f"{query.with_(tab='prices', open=f'{_PREFIX}:{kind}:{what}').address}#{_PREFIX}-form"


def closed(query: PageQuery) -> str:
    return query.with_(tab="prices", open="").address


def asked(query: PageQuery) -> OpenForm | None:
    """None where the address asks for none of them."""
    prefix, _, rest = query.open.partition(":")
    kind, _, what = rest.partition(":")
    return None if prefix != _PREFIX else form(kind, what)


def form(kind: str, what: str) -> OpenForm | None:
    """None for what no form of ours has."""
    if kind == "add":
        return OpenForm(kind=kind, model=what)
    if kind in KINDS and what.isascii() and what.isdecimal() and len(what) < 6:
        return OpenForm(kind=kind, number=int(what))
    return None
