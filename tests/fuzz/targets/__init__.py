"""What is fuzzed: all that reads what servers, programs, files and people write."""

from __future__ import annotations

from pathlib import Path

from tests.fuzz.run import Target
from tests.fuzz.targets import (
    answers,
    claude_sessions,
    exports,
    files,
    hooks,
    live_logs,
    live_state,
    local_limits,
    logs,
    mcp,
    programs,
    status_page,
    stored,
    texts,
    web_login,
)

NAMES = (
    *("chatgpt", "chatgpt-pages", "chatgpt-resets", "anthropic", "app-server"),
    *("app-server-threads", "app-server-refusal"),
    *("claude-noted", "claude-statusline", "rollout-limits", "status-screen", "usage-command"),
    *("rollouts", "transcripts", "settings", "prices", "codex-config", "codex-login", "claude-login"),
    *("account-files", "server-counts", "snapshot", "notices", "status-page", "mcp"),
    *("hook-calls", "hook-settings", "live-rollouts", "live-transcripts", "claude-records"),
    *("lsof", "git-status", "commands", "sessions-json", "hook-records"),
    *("pasted-cookie", "web-session", "set-cookie", "keyring-item"),
    *("exported-responses", "exported-limits"),
)


def all_targets(folder: Path) -> tuple[Target, ...]:
    """Each with a folder of its own in this one, as many parsers read files."""
    return tuple(
        target
        for module in (
            *(answers, local_limits, texts, logs, files, stored, status_page, mcp, hooks, live_logs),
            *(claude_sessions, programs, live_state, web_login, exports),
        )
        for target in module.targets(folder / module.__name__.rpartition(".")[2])
    )
