"""The page as HTML: its templates, filled with what the sections build."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined, select_autoescape
from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import asdict

from providers.host.faults import log_fault, logger_of
from providers.ledger.database import LedgerError
from tray.faces.page.choices import bar_of
from tray.faces.page.coded import coded
from tray.faces.page.data import PageData
from tray.faces.page.parts import Link
from tray.faces.page.sections import SECTIONS, TABS, PageSection
from tray.faces.page.start import PageStart, start_of
from tray.faces.page.status import status_of

_log = logger_of(__name__)
_KEPT = 8
FAULT = "This cannot be shown because of an internal error. `tankful doctor` has the details."


class RenderedSection(Struct, frozen=True, kw_only=True):
    name: str
    title: str
    html: Markup
    beside: bool
    live: bool = False


def shown_start(data: PageData, tab: str) -> PageStart | None:
    """What stands instead of a tab's figures, where it has any."""
    has_figures = any(each.figures for each in SECTIONS if each.tab == tab)
    return data.once("start", lambda: start_of(data)) if has_figures else None


def templates() -> Environment:
    """All of `assets/page`, which escape what they are given."""
    folder = files("assets") / "page"
    texts = {each.name: each.read_text("utf-8") for each in folder.iterdir() if each.name.endswith(".html")}
    made = Environment(
        loader=DictLoader(texts),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["coded"] = coded
    return made


class Pages:
    def __init__(self) -> None:
        self._templates = templates()
        # Every two seconds a live section is filled for each tab that shows it, nearly always with the same.
        self._filled = lru_cache(maxsize=_KEPT)(self.section)

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
            status=status_of(data),
            sections=self.sections(data, tab),
            start=shown_start(data, tab),
        )

    def live(self, data: PageData) -> dict[str, str]:
        """The HTML of those sections of the tab that are brought up to date by themselves, by name."""
        tab = data.query.tab or next(iter(TABS))
        found = {each.name: self._rendered(each, data) for each in SECTIONS if each.live and each.tab == tab}
        return {name: html for name, html in found.items() if html is not None}

    def sections(self, data: PageData, tab: str) -> list[RenderedSection]:
        """Those of a tab. In the place of one that cannot be shown is why."""
        is_started = shown_start(data, tab) is None
        rendered = (
            (each, self._rendered(each, data))
            for each in SECTIONS
            if each.tab == tab and (is_started or not each.figures)
        )
        return [
            RenderedSection(name=each.name, title=each.title, html=html, beside=each.beside, live=each.live)
            for each, html in rendered
            if html is not None
        ]

    def _rendered(self, section: PageSection, data: PageData) -> Markup | None:
        try:
            built = section.build(data)
            fill = self._filled if section.live else self.section
            return None if built is None else fill(section.name, built)
        except LedgerError as error:
            sentence = str(error)
        except Exception as error:  # noqa: BLE001 - it must not cost the other sections
            log_fault(_log, f"the section {section.name} of the page failed", error)
            sentence = FAULT
        return Markup('<div class="alert" role="alert"><p>{}</p></div>').format(coded(sentence))

    def filled(self, template: str, **values: object) -> str:
        return self._templates.get_template(template).render(**values)

    def section(self, name: str, built: Struct) -> Markup:
        return Markup(self._templates.get_template(f"{name}.html").render(asdict(built)))  # noqa: S704 - escaped there
