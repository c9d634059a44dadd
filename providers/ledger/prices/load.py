"""Loads the prices in force: this version's, a newer list where one was downloaded, and the user's own."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from providers.host.files import read_small, short
from providers.ledger.prices.pricing import UNREADABLE, Rates

FETCHED = "prices.json"
"""In the state folder."""
FETCHED_LIMIT = 4 << 20  # 0.9 MB are published with genai-prices 0.2.3, a fifth of which is kept
OWN_LIMIT = 1 << 20


def load_rates(own: Path | None = None, fetched: Path | None = None) -> Rates:
    """The rates shipped with this version, or newer ones at `fetched`, overridden by the user's own file.

    Cheap to call again: the same files give the same Rates, and an edited one gives new ones.
    """
    name = "prices.toml" if own is None else own.name
    text, problem = _read_own(own)
    try:
        document = None if fetched is None else read_small(fetched, FETCHED_LIMIT)
    except FileNotFoundError:
        return _rates(text, None, name, problem, None)
    except OSError:
        return _rates(text, None, name, problem, _unreadable(fetched))
    return _rates(text, document, name, problem, None)


def _unreadable(fetched: Path | None) -> str:
    """No download helps where nothing in the folder can be opened."""
    if fetched is None or os.access(fetched.parent, os.X_OK):
        return UNREADABLE
    return (
        "Downloaded prices cannot be read, so the built-in ones apply."
        f" Check the owner and permissions of {short(fetched.parent)}."
    )


def _read_own(own: Path | None) -> tuple[str, str | None]:
    """The text, and what is wrong with the file."""
    if own is None:
        return "", None
    try:
        return read_small(own, OWN_LIMIT).decode("utf-8-sig"), None
    except FileNotFoundError:
        return "", None
    except OSError as error:
        return "", f"{own.name} cannot be read: {error.strerror}"
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return "", f"{own.name}, line {line}: not UTF-8 text"


@lru_cache(maxsize=2)
def _rates(
    own: str, fetched: bytes | None, own_name: str, problem: str | None, fetched_problem: str | None
) -> Rates:
    here = Path(__file__).parent  # importlib.resources would take as long as all the rest
    library = here.joinpath("rates.json").read_bytes()
    ours = here.joinpath("gaps.json").read_bytes()
    return Rates(
        library,
        ours,
        own,
        fetched=fetched,
        own_name=own_name,
        problem=problem,
        fetched_problem=fetched_problem,
    )
