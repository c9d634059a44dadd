"""What stands where figures would be as long as no log is counted."""

from __future__ import annotations

from msgspec import Struct

from tray.faces.page.data import PageData
from tray.view import format as fmt

_COUNTING = "The logs are being counted for the first time."
_SOON = "The newest days appear here in a moment, and the figures grow until all logs are counted."
_LATER = "What you use from now on is counted by itself."


class PageStart(Struct, frozen=True, kw_only=True):
    """`address` leads to where another home can be added; "" while it is not known whether one is missing."""

    sentence: str
    remedy: str
    address: str = ""
    link: str = ""


def start_of(data: PageData) -> PageStart | None:
    """None where anything is counted, whatever is chosen of it."""
    everything = data.everything
    if data.rollup.used_days(everything) or data.tallies(beyond=True, selection=everything):
        return None
    if data.count.share is not None:
        return PageStart(sentence=_COUNTING, remedy=_SOON)
    if data.count.problem:
        return PageStart(sentence="No logs are counted yet.", remedy="The figures appear here when they are.")
    providers = data.scope.chosen()
    looked = [home.label for provider in providers for home in data.scope.log_homes_of(provider)]
    names = " or ".join(provider.title for provider in providers)
    return PageStart(
        sentence=f"No logs of {names} were found.",
        remedy=f"tankful looks for them in {fmt.some(looked, len(looked))}. {_LATER}",
        address=data.query.with_(tab="prices").address,
        link="Add another folder",
    )
