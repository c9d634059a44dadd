"""Fields of forms: what they hold, and what is wrong with what was typed. Pure.

A form that was refused is shown again with all that was typed, and each mistake beside its field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.visible import sound

LONGEST = 500
"""Characters of a field; a longer one was not typed."""

_AMOUNT = re.compile(r"\d{1,15}(\.\d{0,15})?|\.\d{1,15}", re.ASCII)

Kind = Literal["text", "number", "date", "choice", "check"]


class FieldMistake(ValueError):
    """What was typed means nothing for the field; str() is a sentence."""


class FieldOption(Struct, frozen=True):
    value: str
    title: str


class FormField(Struct, frozen=True, kw_only=True):
    """`unit` stands behind what is typed, `hint` below it; a check is on with the value "on". Those of one `group`
    stand together, below its name.
    """

    name: str
    label: str
    group: str = ""
    kind: Kind = "text"
    value: str = ""
    hint: str = ""
    unit: str = ""
    error: str = ""
    required: bool = False
    options: tuple[FieldOption, ...] = ()
    suggestions: tuple[str, ...] = ()


class FormButton(Struct, frozen=True, kw_only=True):
    """Sends `do=value` with its form."""

    title: str
    value: str = ""
    kind: Literal["plain", "main", "danger"] = "plain"


class PageForm(Struct, frozen=True, kw_only=True):
    """`action` is the name of what it does, `hidden` goes with it, and `back` is where it leads. `is_typed` if it
    holds what a person typed and what is not saved.
    """

    action: str
    title: str
    fields: tuple[FormField, ...]
    buttons: tuple[FormButton, ...]
    back: str
    cancel: str = ""
    hidden: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    is_typed: bool = False

    @property
    def groups(self) -> tuple[tuple[str, tuple[FormField, ...]], ...]:
        names = dict.fromkeys(each.group for each in self.fields)
        return tuple((name, tuple(each for each in self.fields if each.group == name)) for name in names)


def filled(
    fields: Sequence[FormField], typed: Mapping[str, str], mistakes: Mapping[str, str]
) -> tuple[FormField, ...]:
    """The fields with what was typed, and what is wrong with it."""
    return tuple(
        replace(each, value=sound(typed.get(each.name, ""))[:LONGEST], error=mistakes.get(each.name, ""))
        for each in fields
    )


def amount(text: str, most: int) -> Decimal | None:
    """A price from 0, None for an empty field. Raises FieldMistake."""
    text = text.strip().removeprefix("$").strip()
    if not text:
        return None
    if "," in text:
        raise FieldMistake("Write decimals with a point and thousands without a comma, such as 1250.5.")
    if text.startswith("-"):
        raise FieldMistake("A price cannot be negative.")
    if not _AMOUNT.fullmatch(text):
        raise FieldMistake("This is not a number. Write it such as 2.5.")
    number = Decimal(text)
    if number > most:
        raise FieldMistake(f"This is more than {most:,}.")
    return number


def day(text: str) -> date | None:
    """None for an empty field. Raises FieldMistake."""
    text = text.strip()
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day, in no zone
    except ValueError:
        raise FieldMistake("This is not a date. Write it such as 2026-07-09.") from None


def line(text: str, longest: int = 200) -> str:
    """Text on one line, "" for an empty field. Raises FieldMistake."""
    text = text.strip()
    if len(text) > longest:
        raise FieldMistake(f"Use at most {longest} characters.")
    if not text.isprintable():
        raise FieldMistake("This contains invisible characters. Type it again.")
    return text
