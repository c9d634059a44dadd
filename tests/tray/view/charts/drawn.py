"""Charts read back: what was drawn, and what their tables say."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from markupsafe import Markup


def read(chart: Markup) -> ET.Element:
    return ET.fromstring(f"<div>{chart}</div>")


def of_class(chart: ET.Element, name: str) -> list[ET.Element]:
    return [each for each in chart.iter() if name in each.get("class", "").split()]


def titles(chart: ET.Element) -> list[str]:
    return [each.text or "" for each in chart.iter("title")]


def rows(chart: ET.Element) -> list[list[str]]:
    """The cells of its tables' bodies, as read aloud."""
    return [
        ["".join(cell.itertext()) for cell in row if cell.tag in {"th", "td"}]
        for body in chart.iter("tbody")
        for row in body
    ]


def values(chart: ET.Element) -> list[float]:
    """The figures with all their digits, in the order of the tables."""
    return [float(each.get("value", "nan")) for body in chart.iter("tbody") for each in body.iter("data")]
