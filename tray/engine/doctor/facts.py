"""The facts of a report. Frozen; no token, no content of a file, addresses masked, paths with `~`.

`None` is what cannot be known here. Where a check did not come to its end there is a `Failed` in its place.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from providers.domain.hook_line import Purpose
from providers.domain.limits import UsageError


class Failed(Struct, frozen=True):
    """A check that did not finish: the reason as a sentence."""

    check_failed: str


class System(Struct, frozen=True, kw_only=True):
    tankful: str
    python: str
    platform: str


class DesktopFacts(Struct, frozen=True, kw_only=True):
    """`displays` are the variables that are set, `watcher` is a StatusNotifierWatcher, `xembed` an XEmbed tray.

    `backend` is the icon that would be used, None where there would be none; `waits` where it waits for a tray.
    """

    name: str | None = None
    session_bus: bool | None = None
    watcher: bool | None = None
    displays: tuple[str, ...] = ()
    xembed: bool | None = None
    backend: str | None = None
    waits: bool = False


class EngineFacts(Struct, frozen=True, kw_only=True):
    """`kind` and `pid` are of whoever wrote the snapshot: the owner, where it is `running`."""

    running: bool | None
    kind: str | None = None
    pid: int | None = None
    published_at: datetime | None = None


class ProgramFacts(Struct, frozen=True, kw_only=True):
    command: str
    path: str | None = None
    version: str | None = None
    error: UsageError | None = None


class LoginFacts(Struct, frozen=True, kw_only=True):
    """`since` is since when it is known to be in its home: its last sign-in or renewal."""

    kind: str | None = None
    email: str | None = None
    since: datetime | None = None
    ends_at: datetime | None = None
    expired: bool = False
    error: UsageError | None = None


class HomeFacts(Struct, frozen=True, kw_only=True):
    """`chosen`: by a variable or the settings, rather than the place that is usual."""

    path: str
    chosen: bool
    exists: bool
    readable: bool
    login: LoginFacts | None = None


class HookFacts(Struct, frozen=True, kw_only=True):
    """Our hooks of a `purpose` in a home: at which `events` of its CLI they are. `trusts` are how the CLI
    judges each, empty where it asks for no trust or does not say. `missing` is a program that should be started
    and is not there. `timeout` is for how many seconds the CLI waits for the hook, the longest of them; None
    where there is no hook. `answered_at` is when the hook last answered, `outcome` how.
    """

    home: str
    purpose: Purpose = "guard"
    events: tuple[str, ...] = ()
    trusts: tuple[str, ...] = ()
    enabled: bool = True
    missing: str | None = None
    timeout: float | None = None
    answered_at: datetime | None = None
    outcome: str | None = None
    error: UsageError | None = None


class SourceFacts(Struct, frozen=True, kw_only=True):
    """How a source was last asked. `ok` is None for one that was not asked yet; `local` ones send no request."""

    id: str
    title: str
    local: bool
    ok: bool | None = None
    at: datetime | None = None
    error: UsageError | None = None


class PagesFacts(Struct, frozen=True, kw_only=True):
    """The account pages: when they were last asked for, and why which could not be read then."""

    asked_at: datetime
    errors: dict[str, UsageError] = {}


class AccountFacts(Struct, frozen=True, kw_only=True):
    """`error` is why there are no current values, None after a successful round. `pages` is None where they were
    never asked for.
    """

    id: str
    homes: tuple[str, ...]
    sources: tuple[SourceFacts, ...]
    error: UsageError | None = None
    pages: PagesFacts | None = None


class CookieFacts(Struct, frozen=True, kw_only=True):
    """A cookie of a vendor's web app that the keyring has. `error` is why that does not answer."""

    account: str
    email: str | None
    saved_at: datetime
    error: UsageError | None = None


class ProviderFacts(Struct, frozen=True, kw_only=True):
    """Nothing is checked for a provider that is switched off."""

    id: str
    title: str
    enabled: bool
    program: ProgramFacts | Failed | None = None
    homes: tuple[HomeFacts, ...] | Failed = ()
    accounts: tuple[AccountFacts, ...] | Failed = ()
    guards: tuple[HookFacts, ...] | Failed = ()
    session_hooks: tuple[HookFacts, ...] | Failed = ()
    cookies: tuple[CookieFacts, ...] | Failed = ()


class LedgerFacts(Struct, frozen=True, kw_only=True):
    """`sound` is None where the check would take too long, `error` a sentence where the file cannot be used.

    `damage_met`: a report met damage that no count has looked at yet. `checked` is the share of the logs, 0-1,
    that the scrub of all checksums has reached; `scrub_ended` is when it last was at its end. Before the ledger
    `has_checksums`, rows of an older version may have none. `removed` is how many damaged rows of the limit
    history were deleted at `removed_at`, when there were some last.
    """

    path: str
    exists: bool
    bytes: int = 0
    files: int | None = None
    complete: dict[str, bool | None] = {}
    sound: bool | None = None
    damage_met: bool = False
    has_checksums: bool = True
    checked: float = 0.0
    scrub_ended: datetime | None = None
    removed: int = 0
    removed_at: datetime | None = None
    error: str | None = None


class SettingsFacts(Struct, frozen=True, kw_only=True):
    """`problem` names lines, but none of their content."""

    path: str
    exists: bool
    problem: str | None = None


class FolderFacts(Struct, frozen=True, kw_only=True):
    """`mode` in octal, as `0700`; of a folder that is not there yet, `writable` says whether it can be made."""

    name: str
    path: str
    exists: bool
    mode: str | None
    writable: bool


class NetworkFacts(Struct, frozen=True, kw_only=True):
    """Names of variables only; `unsupported` are those of them that name no usable proxy."""

    variables: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()


class LogFacts(Struct, frozen=True, kw_only=True):
    """`transitions` are its last lines of that kind, oldest first; `faults` counts internal errors."""

    path: str
    exists: bool
    mode: str | None = None
    transitions: tuple[str, ...] = ()
    faults: int = 0
    last_fault: str | None = None


class Report(Struct, frozen=True, kw_only=True):
    generated_at: datetime
    system: System | Failed
    desktop: DesktopFacts | Failed
    engine: EngineFacts | Failed
    providers: tuple[ProviderFacts, ...]
    ledger: LedgerFacts | Failed
    settings: SettingsFacts | Failed
    folders: tuple[FolderFacts, ...] | Failed
    network: NetworkFacts | Failed
    log: LogFacts | Failed
