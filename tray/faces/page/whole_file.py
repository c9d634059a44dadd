"""The page as one file, which shows the same wherever it is opened: nothing in it asks for anything else."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from importlib.resources import files
from pathlib import Path

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from providers.host.atomic import write_whole
from tray.engine.zones import zone_name
from tray.faces.page.data import PageData
from tray.faces.page.days import RANGES
from tray.faces.page.query import DEFAULT_RANGE
from tray.faces.page.render import Pages, RenderedSection
from tray.faces.page.start import start_of
from tray.faces.page.tab_titles import TABS

_FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
_OWN_ADDRESS = re.compile(r" href=\"/[^\"]*\"")


class FilePart(Struct, frozen=True, kw_only=True):
    """A tab with all its sections."""

    name: str
    title: str
    sections: list[RenderedSection]


def write(file: Path, pages: Pages, data: PageData) -> None:
    """In one step, readable by its owner alone; a link stays a link, and a pipe a pipe. Raises OSError."""
    content = whole(pages, data).encode("utf-8", "replace")
    if os.path.exists(file) and not os.path.isfile(file):
        file.write_bytes(content)
    else:
        write_whole(file.resolve(), content)


def whole(pages: Pages, data: PageData) -> str:
    """For the days and filters of `data`."""
    style, script = _asset("page.css"), _asset("page.js")
    parts = [part for name in TABS if (part := _part(pages, data, name)).sections]
    return pages.filled(
        "whole.html",
        title=f"tankful · {data.today}",
        about=_about(data),
        problems=[*data.query.problems, *([data.count.problem] if data.count.problem else [])],
        policy=(
            f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
            "base-uri 'none'; form-action 'none'"
        ),
        icon=f"data:image/svg+xml;base64,{base64.b64encode(_icon()).decode()}",
        style=Markup(style),  # noqa: S704 - files of this package
        script=Markup(script),  # noqa: S704
        parts=parts,
        start=start_of(data),
    )


def _part(pages: Pages, data: PageData, tab: str) -> FilePart:
    sections = pages.sections(replace(data, query=data.query.with_(tab=tab)), tab)
    alone = [replace(each, html=_without_server(each.html)) for each in sections]
    return FilePart(name=tab, title=TABS[tab], sections=alone)


def _without_server(html: Markup) -> Markup:
    """Without forms and links that lead to it. Names of others are escaped: they hold neither."""
    return Markup(_OWN_ADDRESS.sub("", _FORM.sub("", html)))  # noqa: S704


def _about(data: PageData) -> str:
    days = RANGES[data.query.range or DEFAULT_RANGE]
    at = data.now.astimezone(data.zone)
    return f"{days}. Written on {at:%Y-%m-%d at %H:%M} ({zone_name(data.zone)})."


def _asset(name: str) -> str:
    return (files("assets") / "page" / name).read_text("utf-8")


def _icon() -> bytes:
    return (files("assets") / "tankful.svg").read_bytes()


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
