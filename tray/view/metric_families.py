"""The metrics for Prometheus: their names, types and HELP, and how a sample is written. Pure.

A HELP is never changed: node_exporter drops a file whose series another file gives another HELP or TYPE.
"""

from __future__ import annotations

from providers.domain.visible import sound, visible

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

UNKNOWN = "unknown"
_LONGEST_LABEL = 200


class Metric:
    """A metric. The name of a counter ends in `_total`."""

    __slots__ = ("help", "name", "type")

    def __init__(self, name: str, type_: str, help_: str) -> None:
        self.name = name
        self.type = type_
        self.help = help_

    def head(self, name: str = "") -> str:
        """Its HELP and TYPE, with a newline behind each; under another name if given."""
        name = name or self.name
        return f"# HELP {name} {self.help}\n# TYPE {name} {self.type}\n"


BUILD = Metric("tankful_build_info", "gauge", "1, with the version of tankful as a label.")
PUBLISHED = Metric(
    "tankful_published_timestamp_seconds", "gauge", "When the values of this file were published."
)
UP = Metric("tankful_up", "gauge", "Whether the source answered when it was last asked: 1 or 0.")
USED = Metric(
    "tankful_used_ratio", "gauge", "The used share of a window, 1 for all of it; absent once it has reset."
)
RESETS = Metric("tankful_resets_timestamp_seconds", "gauge", "When the window resets next.")
FETCHED = Metric("tankful_fetched_timestamp_seconds", "gauge", "When the window was last read.")
BLOCKED = Metric(
    "tankful_blocked", "gauge", "Whether a limit of the account that is used up stops all work: 1 or 0."
)
CREDITS = Metric(
    "tankful_credits", "gauge", "The balance of purchased credits; +Inf where they are unlimited."
)
LOGIN_ENDS = Metric(
    "tankful_login_ends_timestamp_seconds", "gauge", "When the login ends and cannot be renewed by itself."
)
RESPONSES = Metric("tankful_responses_total", "counter", "Responses that were billed, since the first log.")
TOKENS = Metric("tankful_tokens_total", "counter", "Tokens by class, each counted in one class only.")
PART_TOKENS = Metric(
    "tankful_part_tokens_total",
    "counter",
    "Tokens that another class includes: reasoning in output, cache_write_1h in cache_write.",
)
USD = Metric("tankful_usd_total", "counter", "What the responses would have cost at API prices, in USD.")
FAMILIES = (
    BUILD,
    PUBLISHED,
    UP,
    USED,
    RESETS,
    FETCHED,
    BLOCKED,
    CREDITS,
    LOGIN_ENDS,
    RESPONSES,
    TOKENS,
    PART_TOKENS,
    USD,
)


class Samples:
    """The samples of one exposition. None is there twice: Prometheus would refuse all of them."""

    def __init__(self) -> None:
        self._values: dict[Metric, dict[str, float]] = {family: {} for family in FAMILIES}

    def put(self, family: Metric, value: float | None, **labels_: str) -> None:
        """Nothing for None. Of two samples with the same labels a counter is their sum, a gauge the lower one."""
        if value is None:
            return
        held, key = self._values[family], labels(labels_)
        if key not in held:
            held[key] = value
        elif family.type == "counter":
            held[key] += value
        else:
            held[key] = min(held[key], value)

    def text(self) -> str:
        """In the text format, without timestamps."""
        return "".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for family, held in self._values.items():
            if held:
                yield family.head()
                for key, value in held.items():
                    yield f"{family.name}{key} {number(value)}\n"


def labels(names: Mapping[str, str]) -> str:
    """`{account="a1b2c3d4",window="session"}`; "" for none."""
    inside = ",".join(f'{name}="{_escaped(label(value))}"' for name, value in names.items())
    return f"{{{inside}}}" if inside else ""


def number(value: float) -> str:
    """The shortest text of that number; whole ones without a point."""
    if value == float("inf"):
        return "+Inf"
    return str(int(value)) if abs(value) < 1 << 53 and value == int(value) else repr(float(value))


def label(text: str) -> str:
    """A name as it is shown: those of models come from logs, and may hold anything."""
    if not text:
        return UNKNOWN  # to Prometheus, an empty label is none
    return visible(sound(text))[:_LONGEST_LABEL].replace("\n", " ")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
