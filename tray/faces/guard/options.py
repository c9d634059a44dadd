"""The arguments of `tankful guard`, without argparse."""

from __future__ import annotations

WINDOWS = ("session", "weekly", "any")
_WITH_VALUE = ("provider", "window", "min_left", "warn_left", "max_age", "wait", "hook")
_FLAGS = ("budget", "json", "no_credits", "refuse_calls")


class GuardOptions:
    """Percentages are 0-100, `max_age` and `wait` in seconds; `wait` is None for none, `hook` "" for no hook."""

    __slots__ = (*_FLAGS, *_WITH_VALUE)

    def __init__(self) -> None:
        self.provider = "all"
        self.window = "any"
        self.min_left = 10.0
        self.warn_left = 25.0
        self.max_age = 600.0
        self.wait: float | None = None
        self.hook = ""
        self.budget = False
        self.json = False
        self.no_credits = False
        self.refuse_calls = False


def parse(arguments: list[str]) -> GuardOptions | None:
    """None for all that is not certainly right."""
    options = GuardOptions()
    rest = iter(arguments)
    for argument in rest:
        name = argument[2:].replace("-", "_") if argument[:2] == "--" else ""
        if name in _FLAGS:
            setattr(options, name, True)
        elif (name in _WITH_VALUE and not _set(options, name, next(rest, ""))) or name not in _WITH_VALUE:
            return None
    return options if not problem(options) else None


def problem(options: GuardOptions) -> str:
    """What contradicts, as a sentence's end; "" for nothing."""
    if options.refuse_calls and not options.hook:
        return "--refuse-calls needs --hook"
    if options.hook and (options.wait is not None or options.json):
        return "--hook answers at once in the CLI's own format: leave out --wait and --json"
    if options.hook and options.provider not in ("all", options.hook):
        return "--hook judges the limits of its own CLI: leave out --provider"
    return ""


def percent(text: str) -> float | None:
    """0-100, with or without a sign; None for what is none."""
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        return None
    return value if 0 <= value <= 100 else None


def _set(options: GuardOptions, name: str, text: str) -> bool:
    value: str | float | None = text
    if name in ("min_left", "warn_left"):
        value = percent(text)
    elif name in ("max_age", "wait"):
        from tray.faces.bars.options import age  # most hooks name no age

        value = age(text)
    elif name == "window" and text not in WINDOWS:
        value = None
    if value is None or value == "" or str(value).startswith("-"):
        return False
    setattr(options, name, value)
    return True
