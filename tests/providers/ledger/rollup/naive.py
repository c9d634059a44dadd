"""Random responses in a ledger, and their sums the plain way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from providers.domain import project
from providers.domain.cost import BilledResponse, Context, Tally, TokenUsage
from providers.ledger.database import opened, transaction
from providers.ledger.index import Homes, home_id, note_writing
from providers.ledger.responses import replace_responses
from providers.ledger.rollup.selection import PARTS_OF_DAY, Dimension, Key, Selection
from providers.ledger.sums import UNKNOWN

HOMES: Homes = {
    "codex": {Path("/home/dev/.codex"): "~/.codex", Path("/home/dev/work"): "~/work"},
    "claude": {Path("/home/dev/.claude"): "~/.claude"},
}
ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "Europe/Berlin",
        "America/Nuuk",
        "America/Havana",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Pacific/Chatham",
        "America/St_Johns",
        "Pacific/Kiritimati",
    )
]
FIRST = datetime(2025, 3, 1, tzinfo=UTC)
DAYS = 300
PICO = 10**10
_WORDS = st.sampled_from(["", "a", "b", "c"])


class Held(Struct, frozen=True):
    """A response as the ledger has it: in `homes`, of which it counts in the first."""

    provider: str
    part: int
    response: BilledResponse
    homes: tuple[Path, ...]


def _held(
    provider: str, part: int, at: datetime, homes: list[Path], texts: Mapping[str, str], tokens: list[int]
) -> Held:
    context = Context(
        home=homes[0],
        model=texts["model"] or None,
        session=texts["session"] or None,
        root=texts["root"] or None,
        project={"a": "c:/work", "b": "C:\\Work"}.get(texts["project"], texts["project"]) or None,
        effort=texts["effort"] or None,
        account=texts["account"] or None,
        tier=texts["tier"] or None,
        not_on_lines=texts["beyond"] == "a",
    )
    usage = TokenUsage(*tokens)
    return Held(provider, part, BilledResponse(round(at.timestamp() * 1000), 0, context, usage), tuple(homes))


def made(number: int) -> Held:
    """One of some that differ in everything."""
    texts = dict.fromkeys(
        ("model", "session", "root", "project", "effort", "account", "tier", "beyond"), "abc"[number % 3]
    )
    at = FIRST + timedelta(hours=number * 7)
    home = next(iter(HOMES["codex"]))
    found = _held("codex", number % 4 + 1, at, [home], texts | {"beyond": ""}, [number + 1] * 6)
    return replace(found, response=replace(found.response, key=number + 1))


TEXTS = st.fixed_dictionaries(
    dict.fromkeys(("model", "session", "root", "project", "effort", "account", "tier", "beyond"), _WORDS)
)
TIMES = st.one_of(
    st.integers(0, DAYS * 86_400_000),
    # Around the nights in which clocks change, and whole quarters of an hour.
    st.integers(-12 * 4, 12 * 4).map(lambda quarter: (29 * 96 + quarter) * 900_000),
    st.integers(-12 * 4, 12 * 4).map(lambda quarter: (239 * 96 + quarter) * 900_000),
).map(lambda at: FIRST + timedelta(milliseconds=max(at, 0)))


@st.composite
def responses(draw: st.DrawFn, most: int = 25) -> list[Held]:
    found = []
    for key in range(draw(st.integers(0, most))):
        provider = draw(st.sampled_from(sorted(HOMES)))
        homes = draw(st.lists(st.sampled_from(list(HOMES[provider])), min_size=1, unique=True))
        tokens = draw(st.lists(st.integers(0, 50), min_size=6, max_size=6))
        part = draw(st.integers(1, 4)) + (10 if provider == "claude" else 0)
        one = _held(provider, part, draw(TIMES), sorted(homes), draw(TEXTS), tokens)
        response = one.response
        keyed = BilledResponse(response.at_ms, key + 1, response.context, response.usage)
        found.append(Held(provider, part, keyed, one.homes))
    return found


def price(each: BilledResponse) -> int | None:
    return None if each.context.model is None else each.usage.total_tokens * PICO


def write(
    file: Path,
    held: Sequence[Held],
    before: Sequence[Held] = (),
    price: Callable[[BilledResponse], int | None] = price,
) -> None:
    """Make these the responses of the ledger instead of those `before`."""
    parts: dict[tuple[str, int], list[BilledResponse]] = {
        (each.provider, each.part): [] for each in (*before, *held)
    }
    for each in held:
        for home in each.homes:
            parts[each.provider, each.part].append(_in_home(each.response, home))
    with opened(file) as db, transaction(db):
        for provider, homes in HOMES.items():
            for home in homes:  # numbered in this order
                home_id(db, provider, home)
            of_one = [([part], own) for (name, part), own in sorted(parts.items()) if name == provider]
            for part, _ in of_one:
                db.execute(_LOG, (part[0], f"{part[0]}"))
            replace_responses(db, provider, of_one, price)
        note_writing(db)


_LOG = (
    "INSERT OR IGNORE INTO logs(id, home, path, inode, size, mtime_ns, offset, before, skipped, whole, last_ms,"
    " checksum, gone, judged, part) VALUES (?, 1, ?, 0, 0, 0, 0, x'', 0, 1, 0, 0, 0, 0, 0)"
)


def _in_home(response: BilledResponse, home: Path) -> BilledResponse:
    return replace(response, context=replace(response.context, home=home))


class Plain:
    """The sums of these responses in these homes, one by one."""

    def __init__(self, held: Sequence[Held], homes: Homes = HOMES) -> None:
        self._homes = homes
        self._held = [each for each in held if self._label(each) is not None]
        self._projects = project.names(each.response.context.project or "" for each in self._held)

    def _label(self, each: Held) -> str | None:
        """Of the first of the homes that has it; None if none of these does."""
        wanted = self._homes.get(each.provider, {})
        return next(
            (wanted[home] for home in HOMES[each.provider] if home in each.homes and home in wanted), None
        )

    def names(self, each: Held) -> dict[str, str]:
        context = each.response.context
        found = {
            "provider": each.provider,
            "home": self._label(each),
            "account": context.account,
            "project": self._projects[context.project or ""],
            "model": context.model,
            "effort": context.effort,
            "thread": context.root or context.session,
            "session": context.session,
        }
        return {name: text or UNKNOWN for name, text in found.items()}

    def selected(self, selection: Selection, *, beyond: bool = False) -> list[Held]:
        return [
            each
            for each in self._held
            if each.response.context.not_on_lines == beyond
            and (selection.since is None or _local(each, selection).date() >= selection.since)
            and (selection.until is None or _local(each, selection).date() <= selection.until)
            and all(self.names(each)[name] == value for name, value in selection.filters.items())
        ]

    def tallies(
        self, selection: Selection, by: Sequence[Dimension] = (), *, beyond: bool = False
    ) -> dict[Key, Tally]:
        groups: dict[Key, list[Held]] = {}
        for each in self.selected(selection, beyond=beyond):
            groups.setdefault(tuple(self._dimension(each, name, selection) for name in by), []).append(each)
        return {key: total(own) for key, own in groups.items()}

    def _dimension(self, each: Held, name: Dimension, selection: Selection) -> date | int | str:
        at = _local(each, selection)
        day = at.date()
        times: dict[str, date | int] = {
            "day": day,
            "week": day - timedelta(days=day.weekday()),
            "month": day.replace(day=1),
            "weekday": day.weekday(),
            "part_of_day": next(number for number, (_, end) in enumerate(PARTS_OF_DAY) if at.hour < end),
        }
        return times[name] if name in times else self.names(each)[name]


def _local(each: Held, selection: Selection) -> datetime:
    """As the report has it: by quarters of an hour."""
    return datetime.fromtimestamp(each.response.at_ms // 900_000 * 900, UTC).astimezone(selection.zone)


def total(own: Sequence[Held]) -> Tally:
    prices = [found for each in own if (found := price(each.response)) is not None]
    return Tally(
        responses=len(own),
        usage=sum((each.response.usage for each in own), TokenUsage()),
        usd=sum(prices) / 10**12 if prices or not own else None,
        unpriced=len(own) - len(prices),
    )
