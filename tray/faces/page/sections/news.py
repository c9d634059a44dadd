"""Why totals are larger than they were: a source that is counted since today or yesterday."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from tray.faces.page.data import PageData
from tray.faces.page.sources_seen import TotalsSource, note
from tray.faces.page.table.names import readable
from tray.view import format as fmt


class News(Struct, frozen=True):
    sentences: tuple[str, ...]


def build(data: PageData) -> News | None:
    """None while a count runs, since its sources appear one by one."""
    if data.count.share is not None:
        return None
    found = note(data.scope.folders.state, _sources(data), data.today)
    sentences = tuple(_sentence(data, source, since) for source, since in found.items())
    return News(sentences) if sentences else None


def _sources(data: PageData) -> set[TotalsSource]:
    """Of all that is counted, whatever is chosen."""
    everything = data.everything
    lines = data.tallies(("provider", "home"), selection=everything)
    beyond = data.tallies(("provider",), beyond=True, selection=everything)
    return {
        *(TotalsSource(f"{key[0]}", f"{key[1]}") for key in lines),
        *(TotalsSource(f"{key[0]}") for key in beyond),
    }


def _sentence(data: PageData, source: TotalsSource, since: date) -> str:
    day = "Since today" if since == data.today else f"Since {fmt.day_name(since, data.today)}"
    name = data.title(source.provider)
    if source.home:
        return (
            f"{day}, all totals include the logs of {name} in {readable(source.home)}, also of earlier days."
        )
    return (
        f"{day}, all totals include usage that {name} reports only as the total of a session: it is not on the "
        "lines of its logs, and has a row of its own."
    )
