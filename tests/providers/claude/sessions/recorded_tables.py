"""The tables that tests/real/record_live_claude.py made of real sessions, nobody's words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TABLES = sorted((Path(__file__).parent / "recorded").glob("*.jsonl"))

Row = dict[str, Any]


def rows(table: Path) -> list[Row]:
    return [json.loads(line) for line in table.read_text().splitlines()]
