"""The page as HTML: its templates, filled with what the sections build."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined, select_autoescape
from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import asdict

from tray.faces.page.choices import bar_of
from tray.faces.page.data import PageData
from tray.faces.page.parts import Link
from tray.faces.page.sections import SECTIONS, TABS


class RenderedSection(Struct, frozen=True, kw_only=True):
    name: str
    title: str
    html: Markup


def templates() -> Environment:
    """All of `assets/page`, which escape what they are given."""
    folder = files("assets") / "page"
    texts = {each.name: each.read_text("utf-8") for each in folder.iterdir() if each.name.endswith(".html")}
    return Environment(
        loader=DictLoader(texts),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class Pages:
    def __init__(self) -> None:
        self._templates = templates()

    def page(self, data: PageData) -> str:
        """The whole document for one request."""
        query = data.query
        tab = query.tab or next(iter(TABS))
        return self._templates.get_template("base.html").render(
            title=f"{TABS.get(tab, 'Page')} · tankful",
            tabs=[
                Link(
                    title=title,
                    address=query.with_(tab=name, page="", open="", sort="", by="").address,
                    current=name == tab,
                )
                for name, title in TABS.items()
            ],
            filters=bar_of(data),
            problems=query.problems,
            note=data.note,
            generation=data.generation,
            here=query.address,
            counting=data.count.share,
            count_problem=data.count.problem,
            sections=[
                RenderedSection(name=each.name, title=each.title, html=self.section(each.name, built))
                for each in SECTIONS
                if each.tab == tab and (built := each.build(data)) is not None
            ],
        )

    def section(self, name: str, built: Struct) -> Markup:
        return Markup(self._templates.get_template(f"{name}.html").render(asdict(built)))  # noqa: S704 - escaped there
