"""Answers to those who may not have what they ask for. They hold nothing but what stands in this file."""

from __future__ import annotations

import html
import json

from tray.faces.page.coded import coded

WAY_IN = (
    'This page shows its numbers only to the person who started it. Run `tankful dashboard`, or choose "Open '
    'dashboard" in the menu of the tray.'
)
OLD_ADDRESS = f"This address is no longer valid. {WAY_IN}"
FOREIGN_SITE = "A link on another site leads here. To see your numbers, go on."
CONTINUES = "One moment: the page opens."


class RefusedRequest(Exception):
    """`sentence` is for a person. With `go_on` the answer has a link to this address of ours."""

    def __init__(
        self,
        status: int,
        sentence: str,
        *,
        headers: tuple[tuple[str, str], ...] = (),
        go_on: str = "",
        at_once: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.headers = headers
        self.go_on = go_on
        self.at_once = at_once

    def body(self, *, as_json: bool) -> tuple[bytes, str]:
        """With its media type."""
        if as_json:
            return json.dumps({"ok": False, "error": self.sentence}).encode(), "application/json"
        return _PAGE.format(
            title="tankful",
            refresh=f'<meta http-equiv="refresh" content="0; url={html.escape(self.go_on)}">'
            if self.at_once
            else "",
            sentence=coded(self.sentence),
            link=f'<p><a href="{html.escape(self.go_on)}">Open the page</a></p>' if self.go_on else "",
        ).encode(), "text/html; charset=utf-8"


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
{refresh}
<title>{title}</title>
<link rel="stylesheet" href="/static/page.css">
</head>
<body>
<main id="main">
<h1>tankful</h1>
<p>{sentence}</p>
{link}
</main>
</body>
</html>
"""
