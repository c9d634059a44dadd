"""Limits as text: Codex's /status screen, and what `claude -p /usage` prints."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from providers.claude.usage_command import text
from providers.codex.status.text import parse_status
from providers.domain.limits import Reading
from tests.fuzz import mutate
from tests.fuzz.figures import Figures
from tests.fuzz.run import Target, require
from tests.fuzz.targets import reading
from tests.fuzz.targets.answers import NOW

FIXTURES = Path(__file__).parents[2] / "fixtures/codex"
_SCREENS_AT = datetime(2026, 11, 20, 16, 50, tzinfo=UTC)
USAGE = (
    """You are currently using your subscription to power your Claude Code usage

Current session: 37% used · resets Nov 20, 2:08pm (UTC)
Current week (all models): 61% used · resets Nov 23, 4:55pm (UTC)
Current week (Sonnet only): 12% used · resets Nov 23, 4:55pm (UTC)
Current week (Fable): 0% used

Last 24h · 12 requests · 3 sessions
  40%  Long sessions · half of it is context
""",
    """Current session: 100% used · resets 3pm (Europe/Berlin)
Current week (all models): 61,5% used · resets Jan 2, 2027, 6pm (Europe/Berlin)
Current week (Opus): 3% used · resets Nov 26, 12:30am (UTC+05:30)
""",
)


def targets(_folder: Path) -> tuple[Target, ...]:
    screens = [path.read_bytes() for path in sorted(FIXTURES.glob("status-*.txt"))]
    usage = [printed.encode() for printed in USAGE]
    return (
        Target(name="status-screen", make=mutate.of_text(screens), check=_screen, suffix=".txt"),
        Target(name="usage-command", make=mutate.of_text(usage), check=_usage, suffix=".txt"),
    )


def _screen(content: bytes) -> None:
    status = parse_status(content.decode("utf-8", "replace"), _SCREENS_AT, UTC)
    found = Reading(source="status", fetched_at=_SCREENS_AT, windows=status.windows, credits=status.credits)
    reading.check(found, Figures(content, _SCREENS_AT), UTC)
    require(
        status.email is None or status.email in content.decode("utf-8", "replace"), "an address of nobody"
    )


def _usage(content: bytes) -> None:
    printed = text.parse(content.decode("utf-8", "replace"), NOW)
    found = Reading(source="usage-command", fetched_at=NOW, windows=printed.windows)
    reading.check(found, Figures(content, NOW), UTC)
