"""The sections of the page, by tab: a new one is a file, a line here and a template in `assets/page`.

A file has `build(data) -> Struct`: all that its template shows. A template decides about layout alone.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from msgspec import Struct

from tray.faces.page.data import PageData
from tray.faces.page.tab_titles import TABS

__all__ = ["SECTIONS", "TABS", "PageSection"]


class PageSection(Struct, frozen=True):
    """`name` is that of its file and of its template; its `tab` may have several, in the order of SECTIONS."""

    tab: str
    name: str
    title: str

    @property
    def build(self) -> Callable[[PageData], Struct]:
        found: Callable[[PageData], Struct] = import_module(f"tray.faces.page.sections.{self.name}").build
        return found


SECTIONS = (
    PageSection("overview", "totals", "Totals"),
    PageSection("models", "breakdown", "Models and efforts"),
    PageSection("projects", "by_project", "Projects"),
    PageSection("projects", "by_account", "Accounts"),
    PageSection("projects", "by_home", "Homes"),
    PageSection("data", "counted_logs", "What is counted"),
    PageSection("data", "left_out", "What is left out"),
    PageSection("data", "limit_sources", "Where the limits come from"),
    PageSection("data", "price_origins", "Where the prices come from"),
    PageSection("data", "storage", "Where the data are"),
)
