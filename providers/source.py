"""What a provider is made of: its homes, its login, the sources that know its limits, and its logs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from providers.domain.errors import ProviderError
from providers.domain.limits import Identity, Reading, UsageError
from providers.logs import LogFormat
from providers.setting import Bool, Choice, FilePath, FolderList, Menu, Setting


class Home(Struct, frozen=True, kw_only=True):
    """One folder in which a provider's program keeps its login and its logs."""

    provider: str
    path: Path
    label: str

    @property
    def id(self) -> str:
        """A short hash that names the home and says nothing of its path."""
        return hashlib.sha256(f"{self.provider}\0{self.path}".encode(errors="replace")).hexdigest()[:12]


class Login(Struct, frozen=True, kw_only=True):
    """Who is signed in to a home.

    `identity` is None where nobody is; `error` then says why. `attested_at` is the earliest moment at which
    this login is known to have been in the home: numbers read off its logs before that may be another's.
    `ends_at` is when its program can renew it no more, None where that is not told. `kind` is what a person calls
    such a login, `ChatGPT` or `API key`, None where there is none.
    """

    identity: Identity | None = None
    attested_at: datetime | None = None
    ends_at: datetime | None = None
    error: ProviderError | None = None
    kind: str | None = None


class Installed(Struct, frozen=True, kw_only=True):
    """A provider's own program on this machine. `version` is None where it does not say; `error` then says why."""

    path: Path
    version: str | None = None
    error: ProviderError | None = None


class Question(Struct, frozen=True, kw_only=True):
    """One request to a source: which home, whose numbers, since when these are its account's, what time it is.

    What the home's logs say of a time before `account_since` may be another account's. `after` is what the
    source before it in the order ran into, None where it is asked first or chosen by the person. `last` is
    what this source last said of this account, `last_error` what it last ran into with it, in any process,
    None where it answered. `program` is the path of the provider's own program where the person named one.
    `user_initiated` is True where the person asked for it this moment: the system may ask them something
    then.
    """

    home: Home
    identity: Identity
    account_since: datetime
    now: datetime
    after: ProviderError | None = None
    last: Reading | None = None
    last_error: UsageError | None = None
    program: Path | None = None
    user_initiated: bool = False


RENEWED_EVERY = timedelta(hours=1)
"""How often a program is asked to renew its login, over all processes: `polling.backoff` notes it with the
trouble, and sources believe such a note for as long."""


def account_key(home: Home, identity: Identity) -> str:
    """A short hash that names an account and tells nobody anything.

    People of one workspace share the vendor's account id and have limits of their own, so the address counts
    too; a login that tells neither is known by its home.
    """
    who = f"{identity.account_id or ''}/{(identity.email or '').lower()}"
    if who == "/":
        who = str(home.path)
    return hashlib.sha256(f"{home.provider}:{who}".encode(errors="replace")).hexdigest()[:8]


class Source(Protocol):
    """One way to learn an account's limits."""

    @property
    def id(self) -> str: ...

    @property
    def title(self) -> str:
        """What a person calls it."""

    @property
    def local(self) -> bool:
        """True when asking costs nobody anything: no network, no program, milliseconds."""

    @property
    def rest(self) -> timedelta:
        """The least time between two of its requests, on top of the provider's interval; a click overrides it."""

    def is_fallback_for(self, error: ProviderError) -> bool:
        """Whether it may know what a source before it could not tell, for that reason."""

    def unavailable(self, question: Question) -> ProviderError | None:
        """Why this source cannot be asked at all, without asking it; None when it can."""

    def read(self, question: Question) -> Reading | None:
        """What it says now, or None when it has nothing to say; raises ProviderError within its deadline."""


class ProviderSettings(Struct, frozen=True, kw_only=True):
    """What a person set for a provider: `homes` beside those of the environment, its `program`, the one `source`
    to ask; None and empty leave it to us.
    """

    enabled: bool = True
    homes: tuple[Path, ...] = ()
    program: Path | None = None
    source: str | None = None


class Links(Struct, frozen=True, kw_only=True):
    """A vendor's own pages: an account's usage, the state of the service, what is new in the CLI."""

    usage: str
    status: str
    changelog: str


class Provider(Struct, frozen=True, kw_only=True):
    """All that shared code knows of a provider; `cli` is the name of its command.

    `watched` names files and folders: when one changes, a login, or what a local source says, may be another.
    `source_ids` names its sources in the order in which they are asked; `make_sources` makes them when they are
    first needed, as whoever only counts logs should not wait for what it takes to reach a server. `find_program`
    finds its own program, or judges the one at the path that the person set, and asks it for its version within
    seconds, in a home to throw away; it raises ProgramMissing.
    """

    id: str
    title: str
    cli: str
    links: Links
    interval: timedelta
    find_homes: Callable[[Mapping[str, str]], tuple[Home, ...]]
    read_login: Callable[[Home, datetime], Login]
    watched: Callable[[Home, Mapping[str, str]], tuple[str, ...]]
    source_ids: tuple[str, ...]
    make_sources: Callable[[], tuple[Source, ...]]
    logs: LogFormat
    find_program: Callable[[Mapping[str, str], Path | None], Installed] | None = None

    @property
    def sources(self) -> tuple[Source, ...]:
        return self.make_sources()


class SourceNames(Struct, frozen=True):
    """What a person calls a provider's sources, by their ids; to call it loads what reaches its server."""

    provider: Provider

    def __call__(self) -> dict[str, str]:
        return {"auto": "Automatic", **{source.id: source.title for source in self.provider.sources}}


def settings_of(provider: Provider) -> tuple[Setting[Any], ...]:
    """The settings that each provider has; what is set becomes its ProviderSettings."""
    name, prefix = provider.title, f"providers.{provider.id}"
    homes = f"Further folders of {name}, beside those of the environment."
    program = f"The program of {name}, if tankful does not find it."
    chosen = Menu(text=f"{name} source", names=SourceNames(provider))
    return (
        Setting(
            f"{prefix}.enabled",
            Bool(),
            True,
            f"Show the limits and the cost of {name}.",
            menu=Menu(text=name, path=("Providers",)),
        ),
        Setting(f"{prefix}.homes", FolderList(), (), homes),
        Setting(f"{prefix}.program", FilePath(), None, program),
        Setting(
            f"{prefix}.source",
            Choice(("auto", *provider.source_ids)),
            "auto",
            f"Read the limits of {name} from this source only.",
            menu=chosen if len(provider.source_ids) > 1 else None,
        ),
    )


def provider_settings(values: Mapping[str, Any]) -> dict[str, ProviderSettings]:
    """What is set of each provider, by its id, out of values by their keys."""
    found: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        top, ident, *rest = (*key.split("."), "", "")
        if top == "providers":
            found.setdefault(ident, {})[rest[0]] = None if (rest[0], value) == ("source", "auto") else value
    return {ident: ProviderSettings(**own) for ident, own in found.items()}
