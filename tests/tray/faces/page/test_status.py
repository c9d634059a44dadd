"""How fresh the page is, as it says at its foot."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.tray.faces.page.ledgers import NOW, LedgerPage
from tray.engine.iso_time import iso
from tray.faces.page.figures import CountStatus
from tray.faces.page.status import status_of


def usage(*read: float, every: float = 300) -> dict[str, Any]:
    """Accounts whose windows were read so many seconds ago."""
    accounts = [
        {"refresh_seconds": every, "windows": [{"fetched_at": iso(NOW.timestamp() - seconds)}]}
        for seconds in read
    ]
    return {"providers": accounts}


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (usage(12), "Limits updated just now, next refresh 12:05."),
        (usage(120, 240), "Limits updated 2 min ago, next refresh 12:01."),
        (usage(4000), "Limits updated 1 h ago, next refresh soon."),
        (usage(), "Limits have not been read yet."),
        (None, "Limits have not been read yet."),
        ({"providers": [{"windows": []}]}, "Limits have not been read yet."),
        ({"providers": [{"windows": [{"fetched_at": None}]}]}, "Limits have not been read yet."),
    ],
)
def test_limits(found: dict[str, Any] | None, line: str, tmp_path: Path) -> None:
    assert status_of(LedgerPage(tmp_path).data(usage=found)).lines == (line,)


def test_the_count_and_the_cadence(tmp_path: Path) -> None:
    data = LedgerPage(tmp_path, settings='[refresh]\nevery = "15m"\n').data()
    counted = replace(data, count=CountStatus(counted_at=NOW - timedelta(minutes=3), waits="Waiting for it."))
    status = status_of(counted)
    assert status.lines[-1] == "Logs counted 3 min ago."
    assert status.cadence == "Every 15 minutes"
    assert status.waits == "Waiting for it."
