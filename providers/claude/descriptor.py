"""What the rest of the project knows of Claude Code."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from providers.claude.context_window import context_window
from providers.claude.desktop import find_log_homes
from providers.claude.logs.format import TRANSCRIPTS
from providers.claude.sessions.finder import ClaudeSessions, watched_sessions
from providers.domain.glyph import Glyph
from providers.host.files import short, split_homes
from providers.source import Home, Installed, Links, Login, OwnHook, Provider, Source

if TYPE_CHECKING:
    from providers.claude.auth import Logins
    from providers.domain.audit import CountedUse, ReportedUse
    from providers.logs import Observed

VARIABLES = ("ANTHROPIC_*", "CLAUDE*")


def find_homes(environ: Mapping[str, str]) -> tuple[Home, ...]:
    """The folders in `CLAUDE_CONFIG_DIR`, here a comma-separated list; else the two defaults of Claude Code."""
    # Not Path.home(), which raises for who has none.
    usual = tuple(Path(os.path.expanduser(folder)) for folder in ("~/.claude", "~/.config/claude"))
    named = split_homes(environ.get("CLAUDE_CONFIG_DIR", ""))
    return tuple(
        Home(provider="claude", path=folder, label=short(folder), named=named.get(folder))
        for folder in named or usual
    )


@cache
def _logins() -> Logins:
    """Shared by all sources, so that access granted once is known to each."""
    from providers.claude.auth import Logins

    return Logins()


def read_login(home: Home, now: datetime) -> Login:
    """Who is signed in to this home, as far as is known without a prompt."""
    return _logins().login(home, now)


def watched(home: Home, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The login, the cache of Claude Code, and the reports to its status line."""
    from providers.claude.config import places
    from providers.claude.statusline import bridge
    from providers.claude.variables import login_folder

    return (
        str(login_folder(home, environ) / ".credentials.json"),
        *map(str, places(home)),
        bridge.folder_of(str(home.path), environ),
    )


def find_program(environ: Mapping[str, str], chosen: Path | None) -> Installed:
    """Claude Code on this machine; raises ProgramMissing."""
    from providers.claude import program

    return program.installed(environ, chosen)


def find_hooks(home: Home, environ: Mapping[str, str], chosen: Path | None) -> tuple[OwnHook, ...]:
    """The guards among its hooks; raises NotUnderstood."""
    from providers.claude import hooks

    return hooks.find_hooks(home, environ, chosen)


def reported_sessions(
    logs: Sequence[Observed], counted: Mapping[str, CountedUse]
) -> Mapping[str, ReportedUse]:
    """The totals that Claude Code logs of its sessions (2.1.329 and later)."""
    from providers.claude.logs import audit

    return audit.reported_sessions(logs, counted)


@cache
def make_sources(foreign_variables: tuple[str, ...]) -> tuple[Source, ...]:
    from providers.claude.endpoint.source import OAuthSource
    from providers.claude.noted import NotedLimits
    from providers.claude.statusline.source import StatuslineSource
    from providers.claude.usage_command.source import UsageCommand
    from providers.host.process.environment import VendorEnviron

    environ = VendorEnviron(os.environ, VARIABLES, foreign_variables)
    return OAuthSource(_logins()), UsageCommand(_logins(), environ), StatuslineSource(), NotedLimits()


CLAUDE = Provider(
    id="claude",
    title="Claude",
    cli="claude",
    links=Links(
        usage="https://claude.ai/settings/usage",
        status="https://status.claude.com",
        changelog="https://github.com/anthropics/claude-code/blob/main/CHANGELOG.md",
        components=("Claude Code", "Claude API", "claude.ai"),
    ),
    interval=timedelta(minutes=5),
    find_homes=find_homes,
    read_login=read_login,
    watched=watched,
    source_ids=("oauth", "usage-command", "statusline", "noted"),
    make_sources=make_sources,
    logs=TRANSCRIPTS,
    find_program=find_program,
    find_hooks=find_hooks,
    find_log_homes=find_log_homes,
    variables=VARIABLES,
    resume=("claude", "--resume"),
    home_variable="CLAUDE_CONFIG_DIR",
    home_files=(".credentials.json", ".claude.json"),
    sessions=ClaudeSessions(),
    watched_sessions=watched_sessions,
    reported_sessions=reported_sessions,
    when_empty={
        "statusline": "Claude Code has not reported this account's limits recently; set its statusLine command to"
        " `tankful statusline --from-claude`.",
        "noted": "Claude Code has not cached this account's limits recently; its /usage command does.",
    },
    context_window=context_window,
    not_counted=(
        (
            "Claude Code before version 2.1.329: summaries of /compact, titles, side questions and the inner"
            " calls of web searches, which it bills without a line in its logs. Later versions have them in the"
            " total of a session."
        ),
    ),
    mark=Glyph(
        (((0.5, 0.0), (0.5, 1.0)), ((0.07, 0.25), (0.93, 0.75)), ((0.93, 0.25), (0.07, 0.75))),  # an asterisk
        (186, 112, 92),
    ),
)
