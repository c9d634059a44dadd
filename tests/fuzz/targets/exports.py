"""What `tankful export` wrote on other machines, as `--with` reads it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, timedelta
from pathlib import Path
from random import Random
from typing import Any

from providers.domain.cost import TOKEN_CLASSES
from providers.domain.limits import UsageSnapshot
from providers.ledger.elsewhere import OtherMachines
from providers.ledger.epoch_ms import ms
from providers.ledger.steps import QUARTERS
from tests.fuzz import mutate
from tests.fuzz.figures import Figures
from tests.fuzz.mutate import Make
from tests.fuzz.run import Target, require
from tests.fuzz.targets.answers import NOW
from tests.fuzz.targets.local_limits import check_left
from tray.engine import document
from tray.engine.exported_files import UnusableFile, add_file, limits_in
from tray.engine.state import State
from tray.view import menu, output
from tray.view.other_limits import with_readings

_PROVIDERS = {"codex": "Codex", "claude": "Claude"}
_BEGIN, _END = NOW - timedelta(days=2), NOW + timedelta(days=1)
_NAMES = ("home", "session", "thread", "project", "model", "effort", "account")
_ROWS = 8

Row = Mapping[str, Any]


def targets(folder: Path) -> tuple[Target, ...]:
    folder.mkdir(parents=True)
    responses = [_response(number) for number in range(_ROWS)]
    limits = [_limit(number) for number in range(_ROWS)]
    return (
        Target(name="exported-responses", make=_made(responses), check=_responses(folder / "responses")),
        Target(name="exported-limits", make=_made(limits), check=_limits(folder / "limits")),
    )


def _responses(file: Path) -> Callable[[bytes], None]:
    """Whatever was added can be summed up, and is no more than there are lines."""

    def check(content: bytes) -> None:
        file.write_bytes(content)
        store = OtherMachines("here")
        try:
            found = add_file(str(file), store, (ms(_BEGIN), ms(_END)), tuple(_PROVIDERS))
        except UnusableFile as refused:
            require(str(refused).endswith("."), f"no sentence: {refused}")
            return
        require(all(each.endswith(".") for each in found.problems()), "no sentences")
        names = {"session", "project", "model", "effort", "account", "home"}
        slices = [
            each for provider in _PROVIDERS for each in store.slices(provider, _BEGIN, _END, names, QUARTERS)
        ]
        lines = len(content.splitlines())
        require(sum(each.responses for each in slices) <= lines, f"more responses than {lines} lines")
        require(all(min(each.tokens) >= 0 and each.pico_usd >= 0 for each in slices), "below 0")

    return check


def _limits(file: Path) -> Callable[[bytes], None]:
    """Whatever is shown of them stands in the file."""

    def check(content: bytes) -> None:
        file.write_bytes(content)
        try:
            readings, _ = limits_in(str(file), tuple(_PROVIDERS))
        except UnusableFile:
            return
        snapshot = with_readings(UsageSnapshot(generated_at=NOW), readings, _PROVIDERS, NOW)
        json.loads(output.as_json(document.usage(snapshot, NOW)))
        text = output.as_text(menu.status_rows(State(snapshot=snapshot), NOW, UTC))
        check_left(text.replace("\n", " "), Figures(content, NOW))

    return check


def _response(number: int) -> Row:
    return {
        "time": f"{NOW - timedelta(hours=number):%Y-%m-%dT%H:%M:%S}.000Z",
        "provider": "claude" if number % 3 else "codex",
        **{name: f"{name}-{number % 2}" for name in _NAMES},
        "not_on_lines": number == 1,
        "machine": "=laptop" if number % 2 else 'the "server", at home',
        **{f"{each.name}_tokens": 0 for each in TOKEN_CLASSES},
        "input_tokens": 7 + number,
        "output_tokens": 3,
        "total_tokens": 10 + number,
        "usd": None if number == 2 else 0.25 * number,
        "key": f"r{number:016x}",
    }


def _limit(number: int) -> Row:
    return {
        "time": f"{NOW - timedelta(minutes=number):%Y-%m-%dT%H:%M:%SZ}",
        "provider": "claude" if number % 3 else "codex",
        "account": f"a1b2c3d{number % 2}",
        "window_id": ("session", "weekly", "model:opus:weekly", "window:90")[number % 4],
        "source": "oauth",
        "used_percent": 12.5 * number,
        "resets_at": None if number == 3 else f"{NOW + timedelta(hours=number):%Y-%m-%dT%H:%M:%SZ}",
    }


def _made(rows: Sequence[Row]) -> Make:
    """As JSON Lines or CSV."""
    as_json = mutate.of_lines([b"".join(json.dumps(row).encode() + b"\n" for row in rows)])
    as_csv = mutate.of_text(
        ["".join(map(_csv_line, (rows[0].keys(), *(row.values() for row in rows)))).encode()]
    )

    def make(random: Random) -> bytes:
        return random.choice((as_json, as_csv))(random)

    return make


def _csv_line(cells: Any) -> str:
    texts = (
        "" if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell) for cell in cells
    )
    return ",".join('"' + text.replace('"', '""') + '"' if '"' in text else text for text in texts) + "\n"
