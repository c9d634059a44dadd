"""What windows are called where nobody sent a title: those of the history, by their ids. Pure."""

from __future__ import annotations

from collections.abc import Mapping

_NAMES = {
    "session": "5h",
    "weekly": "Weekly",
    "monthly": "Monthly",
    "individual": "Spend cap",
    "unknown": "Limit",
}


def window_name(ident: str, titles: Mapping[str, str] | None = None) -> str:
    """By the title that was sent for it last, else by what its id says: `3d`, `Opus Weekly`, `Code review 12h`.

    Foreign text.
    """
    if titles is not None and ident in titles:
        return titles[ident]
    *about, length = ident.split(":")
    words = [word for word in about if word not in ("model", "window")]
    name = " ".join([*words, _NAMES.get(length) or _by_minutes(length)]).replace("_", " ")
    return name[:1].upper() + name[1:] if words else name


def _by_minutes(length: str) -> str:
    minutes = _minutes(length)
    if not minutes:
        return length
    days, rest = divmod(minutes, 24 * 60)
    hours, left = divmod(minutes, 60)
    return f"{days}d" if not rest else f"{hours}h" if not left else f"{minutes}m"


def _minutes(length: str) -> int:
    return int(length) if length.isascii() and length.isdecimal() and len(length) < 7 else 0
