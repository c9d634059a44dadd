"""The arguments of `tankful cost`, without argparse."""

from __future__ import annotations

GROUPS = (
    "day",
    "week",
    "month",
    "block",
    "model",
    "session",
    "project",
    "effort",
    "account",
    "home",
    "machine",
)
_FLAGS = ("models", "chart", "rates", "json")
_WITH_VALUE = ("provider", "days", "since", "until", "by", "timezone")


class CostOptions:
    """Days, dates and the time zone are as they were typed; None where they were not. `provider` may be "all"."""

    __slots__ = (*_FLAGS, *_WITH_VALUE, "files")

    def __init__(self) -> None:
        self.provider = "all"
        self.days: int | None = None
        self.since: str | None = None
        self.until: str | None = None
        self.by = "day"
        self.timezone: str | None = None
        self.models = False
        self.chart = False
        self.rates = False
        self.json = False
        self.files: list[str] | None = None
        """Exports of other machines."""


def read(arguments: list[str]) -> CostOptions | None:
    """None for all that is not certainly right."""
    options = CostOptions()
    rest = iter(arguments)
    for argument in rest:
        name = argument[2:] if argument[:2] == "--" else ""
        if name in _FLAGS:
            setattr(options, name, True)
        elif name not in _WITH_VALUE or not _set(options, name, next(rest, "")):
            return None
    return options


def _set(options: CostOptions, name: str, text: str) -> bool:
    if not text or text[0] == "-" or (name == "by" and text not in GROUPS):
        return False
    if name == "days":
        if not (text.isascii() and text.isdecimal() and len(text) < 10):
            return False
        options.days = int(text)
    else:
        setattr(options, name, text)
    return True
