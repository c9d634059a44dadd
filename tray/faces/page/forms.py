"""The forms of the page: what is posted comes in as texts, and the answer leads back with a note."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from threading import Lock
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct
from starlette.requests import Request

from tray.faces.page import query
from tray.faces.page.query import PageQuery
from tray.faces.page.refusal import RefusedRequest

MOST_FIELDS = 100
MOST_NOTES = 32


class FormRefused(Exception):
    """What a form asks for is not done; str() is a sentence for the page, which keeps what was typed.

    `mistakes` are sentences by the fields they are about.
    """

    def __init__(self, sentence: str, mistakes: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.mistakes = mistakes or {}


class FormPreviewed(FormRefused):
    """It is not done yet: the person first asked what it would do."""


class FormNote(Struct, frozen=True, kw_only=True):
    """What became of a form: `text` is a sentence, "" for none. Of one that is to be shown again `fields` has what
    was typed, and `mistakes` what is wrong with it.
    """

    text: str
    action: str
    is_refused: bool = False
    fields: Mapping[str, str] = {}
    mistakes: Mapping[str, str] = {}


class Notes:
    """The last ones, each by a name that stands in the address which its form leads back to. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._notes: dict[str, FormNote] = {}

    def add(self, note: FormNote) -> str:
        with self._lock:
            while len(self._notes) >= MOST_NOTES:
                del self._notes[next(iter(self._notes))]
            name = secrets.token_urlsafe(9)
            self._notes[name] = note
            return name

    def find(self, name: str | None) -> FormNote | None:
        return None if name is None else self._notes.get(name)


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form that was posted; of several with one name the last. Raises RefusedRequest."""
    try:
        text = (await request.body()).decode("utf-8")
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise RefusedRequest(400, "This form cannot be read.") from None


def shown_with(form: Mapping[str, str]) -> PageQuery:
    """What the page was asked that the form stood on; nothing where its field `back` is no address."""
    return query.parse(members_of(form.get("back", "")))


def members_of(address: str) -> dict[str, str]:
    """Those of the query of an address of the page; none of what is no address."""
    with suppress(ValueError):
        return dict(parse_qsl(urlsplit(address).query, max_num_fields=MOST_FIELDS))
    return {}


def back_to(form: Mapping[str, str], note: str | None, place: str = "") -> str:
    """The address that the form came from, which it has as its field `back`.

    With the name of a note, and the place of the page that is to be seen.
    """
    address = shown_with(form).address
    if note is not None:
        address += f"{'&' if '?' in address else '?'}note={note}"
    return f"{address}#{place}" if place else address
