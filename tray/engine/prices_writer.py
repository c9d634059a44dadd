"""Changes of a person's own `prices.toml`, made on their explicit request alone."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

from providers.host.files import short
from providers.ledger.prices.load import OWN_LIMIT
from providers.ledger.prices.own_prices import BadPrices, read_prices
from providers.ledger.prices.pricing import Rates
from tray.engine import toml_file
from tray.engine.toml_file import CannotWriteSettings, FileChanged

HEADER = "# Your prices, in USD per million tokens. They override all others.\n"


class PricesRefused(Exception):
    """The prices would not be valid any more; `error` says why."""

    def __init__(self, error: BadPrices) -> None:
        super().__init__(str(error))
        self.error = error


def read(file: Path) -> str:
    """The text of the file, or what a new one begins with.

    Raises CannotWriteSettings, also for prices that are not valid: those are corrected by hand.
    """
    text = toml_file.text_of(file, missing=HEADER, limit=OWN_LIMIT)
    _require_valid(text, file)
    return text


def read_version(file: Path, version: str) -> str:
    """The text of the file, if it is of that version. Raises CannotWriteSettings."""
    text = read(file)
    if version_of(text) != version:
        raise toml_file.has_changed(file)
    return text


def version_of(text: str) -> str:
    """Names this text of the file, so that a form can say which one it was filled in for."""
    return blake2b(text.encode(), digest_size=12).hexdigest()


def change(file: Path, version: str, edit: Callable[[str], str], rates: Rates) -> bool:
    """Edit the text of that version. Returns whether that changed the file.

    Raises PricesRefused, and CannotWriteSettings: the file is as it was then.
    """

    def checked(text: str) -> str:
        if version_of(text) != version:
            raise FileChanged
        _require_valid(text, file)
        return require_prices(edit(text), rates, file)

    return toml_file.change(file, checked, missing=HEADER, limit=OWN_LIMIT)


def require_prices(text: str, rates: Rates, file: Path) -> str:
    """The text, if all prices in it are valid beside the other layers of `rates`. Raises PricesRefused."""
    try:
        rates.read_own(text, file.name)
    except BadPrices as error:
        raise PricesRefused(error) from None
    return text


def _require_valid(text: str, file: Path) -> None:
    try:
        read_prices(text, short(file))
    except BadPrices as error:
        raise CannotWriteSettings(f"{error}. Correct it first; nothing was changed.") from None
