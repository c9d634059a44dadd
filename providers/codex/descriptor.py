"""What the rest of the project knows of Codex."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path

from providers.codex.logs.format import ROLLOUTS
from providers.codex.sessions.finder import CodexSessions, watched_sessions
from providers.domain.context_use import ContextUse
from providers.domain.glyph import Glyph
from providers.domain.saved_cookie import COOKIE_SOURCE, COOKIES_FILE, CookieLogin, CookieSignIn
from providers.host.files import short, split_homes
from providers.host.state_folder import state_folder
from providers.source import (
    Home,
    Installed,
    Links,
    Login,
    OwnHook,
    PageSource,
    Provider,
    ServerCounter,
    Source,
)

VARIABLES = ("CODEX_*", "OPENAI_*")


def find_homes(environ: Mapping[str, str]) -> tuple[Home, ...]:
    """The folders in `CODEX_HOME`, here a comma-separated list; else the default of Codex."""
    named = split_homes(environ.get("CODEX_HOME", ""))
    folders = named or (Path(os.path.expanduser("~/.codex")),)
    return tuple(
        Home(provider="codex", path=folder, label=short(folder), named=named.get(folder))
        for folder in folders
    )


def read_login(home: Home, now: datetime) -> Login:
    """Who is signed in to this home; an expired login still identifies its account."""
    from providers.codex import auth

    return auth.read_login(home, now)


def watched(home: Home, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The login, the settings for where it is stored and which server it is for, and the list of cookies."""
    files = home.path / "auth.json", home.path / "config.toml", Path(state_folder(environ), COOKIES_FILE)
    return tuple(str(file) for file in files)


def find_program(environ: Mapping[str, str], chosen: Path | None) -> Installed:
    """Codex on this machine; raises ProgramMissing."""
    from providers.codex import program

    return program.installed(environ, chosen)


def find_hooks(home: Home, environ: Mapping[str, str], chosen: Path | None) -> tuple[OwnHook, ...]:
    """The guards among its hooks; raises NotUnderstood."""
    from providers.codex import hooks

    return hooks.find_hooks(home, environ, chosen)


def context_window(use: ContextUse, observations: Sequence[bytes]) -> int | None:
    """That of the thread's last turn; None where its rollouts name none."""
    from providers.codex.logs.context_window import context_window

    return context_window(use, observations)


def sign_in_by_cookie(pasted: str, home: Home, now: datetime) -> CookieSignIn:
    """Raises NoCookie, or a ProviderError."""
    from providers.codex.web.sign_in import sign_in

    return sign_in(pasted, home, now)


@cache
def make_sources(foreign_variables: tuple[str, ...]) -> tuple[Source, ...]:
    from providers.codex.app_server import source as app_server
    from providers.codex.endpoint.source import OAuthSource
    from providers.codex.logs.limits import RolloutLimits
    from providers.codex.status import source as status
    from providers.codex.web.source import WebSource
    from providers.host.process.environment import VendorEnviron

    environ = VendorEnviron(os.environ, VARIABLES, foreign_variables)
    return (
        OAuthSource(),
        app_server.AppServerSource(partial(app_server.prober, environ)),
        status.StatusScreenSource(partial(status.prober, environ)),
        RolloutLimits(),
        WebSource(),
    )


def make_server_counter(foreign_variables: tuple[str, ...]) -> ServerCounter:
    from providers.codex.app_server.threads import ThreadCounter
    from providers.host.process.environment import VendorEnviron

    return ThreadCounter(environ=VendorEnviron(os.environ, VARIABLES, foreign_variables))


@cache
def make_page_sources() -> tuple[PageSource, ...]:
    from providers.codex.pages.source import ChatGPTPages
    from providers.codex.web.pages import WebPages

    return ChatGPTPages(), WebPages()


CODEX = Provider(
    id="codex",
    title="Codex",
    cli="codex",
    links=Links(
        usage="https://chatgpt.com/codex/settings/usage",
        status="https://status.openai.com",
        changelog="https://github.com/openai/codex/releases",
        purchase="https://chatgpt.com/codex/settings/usage?credits_modal=true",
        purchase_plans=frozenset(
            {"plus", "pro", "prolite", "promax"}
        ),  # to which Codex itself names the page
        components=("Codex", "CLI", "VS Code extension", "Login"),
    ),
    interval=timedelta(seconds=60),
    find_homes=find_homes,
    read_login=read_login,
    watched=watched,
    source_ids=("oauth", "app-server", "status", "rollouts", COOKIE_SOURCE),
    make_sources=make_sources,
    make_page_sources=make_page_sources,
    logs=ROLLOUTS,
    find_program=find_program,
    find_hooks=find_hooks,
    variables=VARIABLES,
    resume=("codex", "resume"),
    home_variable="CODEX_HOME",
    home_files=("auth.json", "config.toml"),
    sessions=CodexSessions(),
    watched_sessions=watched_sessions,
    cookie_login=CookieLogin(sign_in_by_cookie),
    when_empty={
        "rollouts": "no recent session log of this account has limits; the next Codex turn will write some."
    },
    context_window=context_window,
    make_server_counter=make_server_counter,
    not_counted=(
        (
            "Codex: what it logs nowhere. These are ephemeral threads, titles, memories, responses that failed"
            " or were interrupted, and remote compactions before version 0.153."
        ),
    ),
    mark=Glyph(
        (((0.0, 0.0), (0.45, 0.42), (0.0, 0.84)), ((0.62, 1.0), (1.1, 1.0))),  # a prompt
        (74, 136, 226),
    ),
)
