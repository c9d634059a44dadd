"""Debian's Chromium, driven by Playwright: no browser is downloaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

Theme = Literal["light", "dark"]

_MOST_MS = 20_000  # which only what never comes will reach, however busy the machine is


@contextmanager
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=_MOST_MS)
    root = hasattr(os, "geteuid") and os.geteuid() == 0  # which Chromium refuses to run its sandbox for
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"] if root else []
        )
        try:
            yield browser
        finally:
            browser.close()


def context(
    browser: Browser, *, width: int = 1280, theme: Theme = "light", script: bool = True, height: int = 900
) -> BrowserContext:
    """A person's window; it speaks British English and lives in Berlin, whatever the machine does."""
    return browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=theme,
        java_script_enabled=script,
        locale="en-GB",
        timezone_id="Europe/Berlin",
        reduced_motion="reduce",
    )
