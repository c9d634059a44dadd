"""Elements of HTML and SVG. Pure."""

from __future__ import annotations

from markupsafe import Markup, escape

from providers.domain.visible import visible

Attribute = str | float | None


def element(name: str, *children: str, **attributes: Attribute) -> Markup:
    """`<name …>children</name>`. Children that are no markup are escaped; an attribute of None is left out.

    `class_` is the attribute class, and `fill_opacity` is fill-opacity.
    """
    return Markup(f"{_opening(name, attributes)}>{joined(*children)}</{name}>")  # noqa: S704 - escaped above


def empty(name: str, **attributes: Attribute) -> Markup:
    """The same without children: `<name …/>`."""
    return Markup(f"{_opening(name, attributes)}/>")  # noqa: S704 - escaped above


def joined(*children: str) -> Markup:
    return Markup("").join(_text(child) for child in children)


def number(value: float) -> str:
    """At most two decimals: `12`, `3.25`."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def share(part: float) -> str:
    """0-1 as a length of the space there is: `12.5%`."""
    return f"{number(100.0 * part)}%"


def _opening(name: str, attributes: dict[str, Attribute]) -> str:
    written = (
        f' {key.rstrip("_").replace("_", "-")}="{_text(value) if isinstance(value, str) else number(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{''.join(written)}"


def _text(value: str) -> Markup:
    return value if isinstance(value, Markup) else escape(visible(value))
