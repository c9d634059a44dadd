"""Limits that lie on this machine: in rollouts, in Claude Code's cache, and in what it sends to a status line."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

from providers.claude.noted import NotedLimits
from providers.claude.statusline import bridge
from providers.claude.statusline.source import StatuslineSource
from providers.codex.logs.limits import RolloutLimits
from providers.domain.limits import Identity
from providers.ledger.discover import Finders
from providers.source import Home, Question
from tests import fake_anthropic
from tests.fuzz import mutate
from tests.fuzz.figures import Figures
from tests.fuzz.run import Target, require
from tests.fuzz.targets import reading
from tests.fuzz.targets.answers import ANTHROPIC, NOW, reported
from tray.faces import claude_statusline

_LEFT = re.compile(r"(?<![.\d])(\d+) % left")
_THREAD = "019b0000-0000-7abc-8abc-0123456789ab"
_SINCE = NOW - timedelta(days=30)


def targets(folder: Path) -> tuple[Target, ...]:
    claude = fake_anthropic.make_home(folder / "claude")
    asked = fake_anthropic.question(claude, account_since=_SINCE)
    environ = {"TANKFUL_HOME": str(folder / "own"), "CLAUDE_CONFIG_DIR": str(claude.path)}
    kept = Path(bridge.folder_of(str(claude.path), environ))

    def noted(content: bytes) -> None:
        (claude.path / ".claude.json").write_bytes(content)
        found = NotedLimits().read(asked)
        if found is not None:
            reading.check(found, Figures(content, NOW))

    def statusline(content: bytes) -> None:
        report = bridge.parse(content)
        if report is None:
            return
        check_left(claude_statusline.line(report.limits), Figures(content, NOW))
        for file in kept.glob("*"):
            file.unlink()
        bridge.keep(report, environ, NOW.timestamp())
        found = StatuslineSource(environ).read(asked)
        if found is not None:
            reading.check(found, Figures(content, NOW))

    return (
        Target(name="claude-noted", make=mutate.of_json(_noted_samples()), check=noted),
        Target(name="claude-statusline", make=mutate.of_json(_status_samples()), check=statusline),
        _rollout_limits(folder / "codex"),
    )


def check_left(line: str, figures: Figures) -> None:
    """Each `63 % left` of a text is what is left of a number in the input, rounded down."""
    require(line.rstrip("\n").isprintable(), f"a line that cannot be shown\n{line!a}")
    possible = {int(min(100.0, max(0.0, 100.0 - each)) + 1e-9) for each in figures.numbers}
    for shown in map(int, _LEFT.findall(line)):
        require(shown in possible or (shown == 1 and "< 1 %" in line), f"{shown} % left is not in the input")


def _rollout_limits(folder: Path) -> Target:
    log = folder / f"sessions/2026/11/20/rollout-2026-11-20T10-00-00-{_THREAD}.jsonl"
    log.parent.mkdir(parents=True)
    home = Home(provider="codex", path=folder, label="~/.codex")
    question = Question(home=home, identity=Identity(account_id="a"), account_since=_SINCE, now=NOW)

    def check(content: bytes) -> None:
        log.write_bytes(content)
        found = RolloutLimits(Finders()).read(question)
        if found is not None:
            reading.check(found, Figures(content, NOW))

    samples = [_rollout(), *reported("old-window-lengths/home/**/*.jsonl")]
    return Target(name="rollout-limits", make=mutate.of_lines(samples), check=check, suffix=".jsonl")


def _rollout() -> bytes:
    """Four notes as Codex 0.169 writes them."""
    now = int(NOW.timestamp())
    meta = {"id": _THREAD, "cwd": "/home/dev/project", "cli_version": "0.169.0", "source": "cli"}
    context = {"turn_id": None, "model": "gpt-5.5", "effort": "medium"}
    payloads: list[tuple[str, dict[str, object]]] = [
        ("session_meta", dict(meta)),
        ("turn_context", dict(context)),
    ]
    for number in range(1, 5):
        limits = {
            "limit_id": "codex",
            "limit_name": None,
            "primary": {"used_percent": 36.0 + number, "window_minutes": 300, "resets_at": now + 9_000},
            "secondary": {"used_percent": 20.5, "window_minutes": 10_080, "resets_at": now + 300_000},
            "credits": {"has_credits": True, "unlimited": False, "balance": f"{150 - number}.5"},
            "plan_type": "pro",
        }
        total = {"total_token_usage": {"input_tokens": 1000 * number, "output_tokens": 50 * number}}
        payloads.append(("event_msg", {"type": "token_count", "info": total, "rate_limits": limits}))
    lines = [
        {"timestamp": f"2026-11-20T11:{place:02d}:00.000Z", "type": kind, "payload": payload}
        for place, (kind, payload) in enumerate(payloads)
    ]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def _noted_samples() -> list[bytes]:
    at = NOW - timedelta(minutes=20)
    return [json.dumps(fake_anthropic.noted(answer, at)).encode() for answer in ANTHROPIC]


def _status_samples() -> list[bytes]:
    windows = {
        "five_hour": {"used_percentage": 42.3, "resets_at": 1_795_200_000},
        "seven_day": {"used_percentage": 85.0, "resets_at": 1_795_460_400},
    }
    sent = {
        "session_id": "s1",
        "model": {"id": "claude-opus-5", "display_name": "Opus"},
        "cost": {"total_cost_usd": 0.5, "total_api_duration_ms": 1000},
        "rate_limits": windows,
    }
    return [json.dumps(sent).encode(), *reported("statusline-*/status.json")]
