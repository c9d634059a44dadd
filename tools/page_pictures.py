"""Pictures of each tab of the page: `python -m tools.page_pictures FOLDER [--tab TAB …] [--query QUERY]`.

`TAB-360-light.png` and so on, each as long as its page, of a made-up person's homes. What does not fit its window
is printed: a page of 360 px must not scroll sideways. With --parts also all charts and parts of templates; with
--readme instead of all these `page-light.png` and `page-dark.png`, as in the README.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, FloatRect, Page

from tests.real.browser import Theme, chromium, context
from tools import chart_page
from tools.example_home import served_home
from tray.faces.page.tab_titles import TABS

WIDTHS = (360, 1280)
_LAST = "heat"
"""The last section in the picture of the README."""
THEMES: tuple[Theme, ...] = ("light", "dark")
_TOO_WIDE = """() => [...document.querySelectorAll("body *")]
  .filter((each) => !each.closest(".scroll, .tabs, .choice, .choices, .unseen, svg, .skip"))
  .map((each) => [each, Math.round(each.getBoundingClientRect().right)])
  .filter(([each, right]) => right > innerWidth + 1)
  .map(([each, right]) => `${each.tagName}.${each.className} ends at ${right} px`).slice(0, 6)"""


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.page_pictures")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tab", action="append", choices=TABS, help="only this one")
    parser.add_argument("--query", default="", help="more of the address: range=90d&compare=1")
    parser.add_argument("--parts", action="store_true", help="charts and parts of templates, too")
    parser.add_argument("--readme", action="store_true", help="only the pictures of the README")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, chromium() as browser:
        if options.parts:
            chart_page.main([f"{home}/parts.html"])
            for page, name in _windows(browser, f"file://{home}/parts.html"):
                taken(page, options.folder / f"parts-{name}.png")
        with served_home(Path(home)) as service:
            if options.readme:
                of_the_readme(browser, service.address, options.folder)
                return
            for page, name in _windows(browser, service.address):
                for tab in options.tab or TABS:
                    page.goto(f"{service.place.origin}/?tab={tab}&{options.query}", wait_until="load")
                    taken(page, options.folder / f"{tab}-{name}.png")


def _windows(browser: Browser, first: str) -> Iterator[tuple[Page, str]]:
    for width in WIDTHS:
        for theme in THEMES:
            with context(browser, width=width, theme=theme) as window:
                page = window.new_page()
                page.on("console", lambda said: print(said.text, file=sys.stderr))
                page.on("pageerror", lambda error: print(error, file=sys.stderr))
                page.goto(first, wait_until="load")
                yield page, f"{width}-{theme}"


def of_the_readme(browser: Browser, address: str, folder: Path) -> None:
    """The upper part of the overview, in few colours: the files stay small."""
    for theme in THEMES:
        with context(browser, theme=theme) as window:
            page = window.new_page()
            page.goto(address, wait_until="load")
            end = page.evaluate(f"document.querySelector('[aria-labelledby={_LAST}-title]').offsetTop")
            high = page.evaluate(f"document.querySelector('[aria-labelledby={_LAST}-title]').offsetHeight")
            part: FloatRect = {"x": 0, "y": 0, "width": WIDTHS[-1], "height": end + high + 48}
            shot = page.screenshot(full_page=True, clip=part, animations="disabled")
            image = Image.open(BytesIO(shot)).convert("RGB")
            # By coverage: a colour that is rare, as that of what is scarce, stays what it is.
            few = image.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
            few.save(folder / f"page-{theme}.png", optimize=True)


def taken(page: Page, file: Path) -> None:
    page.screenshot(path=file, full_page=True, animations="disabled")
    for each in too_wide(page):
        print(f"{file.name}: {each}", file=sys.stderr)


def too_wide(page: Page) -> list[str]:
    """What a person would have to scroll sideways for, but for boxes that scroll by themselves."""
    found: list[str] = page.evaluate(_TOO_WIDE)
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
