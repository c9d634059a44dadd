"""What a guard comes to."""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from typing import Any, Literal

    Level = Literal["go_on", "warn", "stop", "unknown"]

WORST_FIRST = ("stop", "unknown", "warn", "go_on")


class Verdict:
    """`text` is a sentence or two. `left` (percent) and `until` (epoch s) are those of the `window` that decides;
    or of the `budget`, named by its period. None is what is not known. `stale`: read longer ago than asked for.
    `not_known` are the reasons of all that is not known, whatever decided.
    """

    __slots__ = (
        "account",
        "budget",
        "left",
        "level",
        "not_known",
        "provider",
        "reason",
        "stale",
        "text",
        "until",
        "window",
    )

    def __init__(self, level: Level, reason: str, text: str, **more: Any) -> None:
        self.level: Level = level
        self.reason = reason
        self.text = text
        self.provider: str | None = more.get("provider")
        self.account: str | None = more.get("account")
        self.budget: str | None = more.get("budget")
        self.window: str | None = more.get("window")
        self.left: float | None = more.get("left")
        self.until: float | None = more.get("until")
        self.stale: bool = more.get("stale", False)
        self.not_known: tuple[str, ...] = ()

    @property
    def is_certain(self) -> bool:
        """Whether no round could say more."""
        return self.level != "unknown" and not self.stale

    @property
    def rank(self) -> tuple[int, bool, float]:
        """The least is the worst."""
        return WORST_FIRST.index(self.level), self.stale, 101.0 if self.left is None else self.left
