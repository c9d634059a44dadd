"""The arguments that `statusline` and `watch` share, and their errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tray.cli.arguments import add_provider
from tray.cli.console import BadArgument, chosen
from tray.faces.bars.formats import FORMATS

if TYPE_CHECKING:
    import argparse

    from tray.engine import published
    from tray.faces.bars.options import Options
    from tray.faces.bars.template import Pieces


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=tuple(FORMATS), help="the program that shows the line")
    parser.add_argument(
        "--template",
        metavar="TEMPLATE",
        help="a line of your own, such as '{tightest.left} %% {tightest.resets_in}'; an unknown name "
        "lists all of them",
    )
    add_provider(parser, "show", None)


def checked(
    given: argparse.Namespace, snapshot: published.Document | None, max_age: str | None = None
) -> Options:
    """Raises BadArgument."""
    from providers.registry import PROVIDERS
    from tray.faces.bars import options

    if given.format is None and given.template is None:
        raise BadArgument(f"choose a --format ({', '.join(FORMATS)}) or a --template")
    seconds = options.age(options.DEFAULT_MAX_AGE if max_age is None else max_age)
    if seconds is None:
        raise BadArgument(f"{max_age!r} is not a valid age; use the form 90s, 5m or 2h")
    ids = tuple(provider.id for provider in PROVIDERS)
    chosen("provider", given.provider or "all", "all", ids)
    pieces = None if given.template is None else pieces_of(given.template, ids, snapshot)
    return options.Options(given.format or "text", pieces, given.provider or "all", seconds)


def pieces_of(
    text: str, providers: tuple[str, ...], snapshot: published.Document | None, others: tuple[str, ...] = ()
) -> Pieces:
    """Of a template, which may have these `others` among its names. Raises BadArgument."""
    from tray.faces.bars import template

    try:
        template.check(text, providers, _windows(snapshot), others)
        return template.pieces(text)
    except template.TemplateError as error:
        raise BadArgument(str(error)) from error


def _windows(snapshot: published.Document | None) -> list[str]:
    from tray.engine.published import DAMAGED
    from tray.faces.bars import template

    try:
        return template.published_windows(snapshot) if snapshot else []
    except DAMAGED:
        return []
