"""The arguments of `statusline` and `watch`, as their fast paths read them: argparse takes 10 ms to import."""

from __future__ import annotations

from tray.faces.bars import template
from tray.faces.bars.formats import FORMATS

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Collection

    from tray.faces.bars.template import Pieces

DEFAULT_MAX_AGE = "5m"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_NAMES = ("--format", "--template", "--provider", "--max-age")


class Options:
    """The line of `provider` (or "all") in this format, or the person's own template in it."""

    __slots__ = ("format", "max_age", "pieces", "provider")

    def __init__(self, format_: str, pieces: Pieces | None, provider: str, max_age: float) -> None:
        self.format = FORMATS[format_]
        self.pieces = pieces
        self.provider = provider
        self.max_age = max_age


def read(arguments: list[str], providers: Collection[str] | None) -> Options | None:
    """None for what is not certainly right, with no providers but these: argparse has the errors. With None for
    them, the provider and the template have been checked before.
    """
    given: dict[str, str] = {}
    rest = list(arguments)
    while len(rest) > 1 and rest[0] in _NAMES and not rest[1].startswith("-"):
        given[rest[0]] = rest[1]
        del rest[:2]
    provider, max_age = given.get("--provider", "all"), age(given.get("--max-age", DEFAULT_MAX_AGE))
    written = given.get("--template")
    format_ = given.get("--format", "" if written is None else "text")
    if rest or format_ not in FORMATS or max_age is None:
        return None
    if providers is not None and provider not in ("all", *providers):
        return None
    try:
        pieces = None if written is None else template.pieces(written)
    except template.TemplateError:
        return None
    if pieces and providers is not None and template.unknown(pieces, providers) is not None:
        return None
    return Options(format_, pieces, provider, max_age)


def age(text: str) -> float | None:
    """Seconds of `90s`, `5m`, `2h` or a plain number of seconds; None for what is none."""
    number, unit = (text[:-1], _UNITS[text[-1]]) if text[-1:] in _UNITS else (text, 1)
    try:
        seconds = float(number) * unit
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
