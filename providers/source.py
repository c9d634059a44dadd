"""The parts of a provider: its homes, its login, the sources of its limits, and its logs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from providers.domain.account import account_id
from providers.domain.account_pages import AccountPage, PageName
from providers.domain.context_use import ContextUse
from providers.domain.errors import NotSignedIn, ProviderError
from providers.domain.glyph import Glyph
from providers.domain.hook_line import Purpose
from providers.domain.limits import Identity, Reading, UsageError
from providers.domain.saved_cookie import COOKIE_SOURCE, CookieLogin, SavedCookie
from providers.logs import LogFormat, Observed
from providers.sessions import SessionFinder

if TYPE_CHECKING:  # whoever only counts logs waits for none of it
    from providers.domain.audit import CountedUse, ReportedUse
    from providers.domain.server_count import ServerAnswer

    ReportedSessions = Callable[[Sequence[Observed], Mapping[str, CountedUse]], Mapping[str, ReportedUse]]
    """From the observations of logs that belong together, and from what is counted of each session."""


class Home(Struct, frozen=True, kw_only=True):
    """One folder in which a provider's program keeps its login and its logs.

    `named` is the text by which its environment variable names it, None where the variable does not: to a
    program, the default folder and that folder named by the variable can be two different things.
    """

    provider: str
    path: Path
    label: str
    named: str | None = None
    in_settings: bool = False
    """Whether settings.toml names it, and the environment does not."""

    def to_correct(self, variable: str) -> str:
        """What to do where this folder does not exist: correct what names it, or else set the variable."""
        if self.in_settings:
            return f"correct `providers.{self.provider}.homes` in settings.toml"
        return f"set {variable}" if self.named is None else f"correct {variable}"

    @property
    def id(self) -> str:
        """A short hash that identifies the home without revealing its path."""
        from hashlib import sha256  # it loads OpenSSL, which takes 3 ms

        return sha256(f"{self.provider}\0{self.path}".encode(errors="replace")).hexdigest()[:12]


class Login(Struct, frozen=True, kw_only=True):
    """Who is signed in to a home.

    `identity` is None where nobody is; `error` then says why. `attested_at` is the earliest moment at which
    this login is known to have been in the home: numbers read off its logs before that may be another's.
    `ends_at` is when the CLI can no longer renew it, None if unknown. `kind` is the display name of such a
    login, `ChatGPT` or `API key`, None if there is none.
    """

    identity: Identity | None = None
    attested_at: datetime | None = None
    ends_at: datetime | None = None
    error: ProviderError | None = None
    kind: str | None = None


class Installed(Struct, frozen=True, kw_only=True):
    """A provider's CLI on this machine. `version` is None if unknown; `error` then says why."""

    path: Path
    version: str | None = None
    error: ProviderError | None = None


class OwnHook(Struct, frozen=True, kw_only=True):
    """A hook of ours among those of a CLI, `tankful guard` or `tankful hook`. `program` is what its command line
    starts, None where only a shell could tell; `trust` is how the CLI judges it, None where it asks for none or
    does not say; `timeout` is for how many seconds the CLI waits for it.
    """

    event: str
    purpose: Purpose = "guard"
    program: str | None = None
    trust: str | None = None
    enabled: bool = True
    timeout: float


class Question(Struct, frozen=True, kw_only=True):
    """A query to a source: the home, the account, since when it is in that home, and the time.

    Log entries from before `account_since` may be another account's. `after` is the error of the source before
    it in the chain, None if it is the first or was chosen by the user. `last` is its last reading of this
    account, `last_error` its last error there, in any process, None if it succeeded. `program` is the path of
    the provider's CLI if the user set one. `user_initiated` is True if the user asked for it just now: the
    system may prompt them then. `cookie` is the one that was saved for this account, if any.
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
    cookie: SavedCookie | None = None

    def require(self, identity: Identity) -> None:
        """Raises NotSignedIn where that is another account than the one the query is about."""
        if account_key(self.home, identity) != account_key(self.home, self.identity):
            raise another_account()


def another_account() -> NotSignedIn:
    """Somebody else signed in between the query and its answer."""
    return NotSignedIn(
        "Another account just signed in.", remedy="Nothing to do: its limits are fetched next."
    )


RENEWED_EVERY = timedelta(hours=1)
"""How often a CLI is run to renew its login, across all processes: `polling.backoff` stores it with the error,
and sources respect it for that long."""


def account_key(home: Home, identity: Identity) -> str:
    """A short opaque hash that identifies an account.

    Members of one workspace share the vendor's account id but have their own limits, so the vendor's id of
    the person counts too, as in the logs; or the email address where a login names no such id. A login with
    none of them is identified by its home.
    """
    person = identity.user_id or (identity.email or "").lower()
    if not (identity.account_id or person):
        return account_id(home.provider, str(home.path), None)
    return account_id(home.provider, identity.account_id or "", person)


class Source(Protocol):
    """One way to learn an account's limits."""

    @property
    def id(self) -> str: ...

    @property
    def title(self) -> str:
        """Its display name."""

    @property
    def local(self) -> bool:
        """True if reading it is cheap: no network, no program, milliseconds."""

    @property
    def rest(self) -> timedelta:
        """The minimum time between its requests, on top of the provider's interval; a click overrides it."""

    def is_fallback_for(self, error: ProviderError) -> bool:
        """Whether it is a fallback for a source before it that failed with this error."""

    def unavailable(self, question: Question) -> ProviderError | None:
        """Why this source is unavailable, without reading it; None if it is available."""

    def read(self, question: Question) -> Reading | None:
        """Its current reading, or None if it has none; raises ProviderError within its deadline."""


class ServerCounter(Protocol):
    """Asks a vendor's server what it counted itself: only as the person wishes, each session is a request.

    `sessions_by` and `days_by` are the vendor's own names for the two counts.
    """

    @property
    def sessions_by(self) -> str: ...

    @property
    def days_by(self) -> str: ...

    def count(self, question: Question, sessions: Sequence[str]) -> ServerAnswer:
        """Within a minute, whatever there is to ask, in this order; never raises ProviderError."""


class PageSource(Protocol):
    """Where the pages of an account are read that its vendor shows it: a request for each, best effort."""

    @property
    def login_of(self) -> tuple[str, ...]:
        """The ids of the sources whose login it uses."""

    def read(self, page: PageName, question: Question) -> AccountPage:
        """Raises ProviderError within its deadline, which is a few seconds."""


class ProviderSettings(Struct, frozen=True, kw_only=True):
    """The user's settings for a provider: `homes` besides those of the environment, its `program`, the only
    `source` to use; None and empty mean automatic. `account_pages`: whether those may be asked for.
    """

    enabled: bool = True
    homes: tuple[Path, ...] = ()
    program: Path | None = None
    source: str | None = None
    account_pages: bool = True


class Links(Struct, frozen=True, kw_only=True):
    """A vendor's web pages: account usage, service status, CLI changelog; where credits are bought, None where
    they are not, and with which plans: those of a workspace are bought by who administers it.

    `components` are words of the names that the parts of the service which matter here have on the status page.
    """

    usage: str
    status: str
    changelog: str
    purchase: str | None = None
    purchase_plans: frozenset[str] = frozenset()
    components: tuple[str, ...] = ()

    def purchase_for(self, plan: str | None) -> str | None:
        """Where an account with this plan, or an unknown one, buys credits; None where it cannot."""
        return self.purchase if plan is None or plan.lower() in self.purchase_plans else None


class Provider(Struct, frozen=True, kw_only=True):
    """Everything that shared code knows about a provider; `cli` is the name of its command.

    `watched` names files and folders: when one changes, a login, or what a local source reports, may have
    changed. `source_ids` names its sources in the order in which they are asked; `make_sources` makes them
    when they are first needed, since a command that only counts logs should not wait for the import of an
    HTTP library; so does `make_page_sources`, None for one without account pages. `find_program` finds its own
    program, or checks the one at the path that the user set, and asks it for its version within seconds, in a
    temporary home; it raises ProgramMissing. `find_hooks` finds ours among the hooks of a home, given the path of
    the program that the user set; it raises ProviderError. `find_log_homes` finds further homes that have logs
    and no login: they are counted, and their cost is shown with the provider's first account. `variables` are the
    names of its vendor's environment variables, with `*` for any ending; many hold a token, so the programs of
    other vendors get none of them.
    `foreign_variables` are those of all other providers: the registry fills them in, and `make_sources` gets
    them, to keep them from its own programs. `mark` is its sign in the tray's icon. `resume` is the command
    that goes on with a session, without the session's id. `when_empty` are sentences on sources that may have
    nothing to tell without an error, by their ids: what fills them. `not_counted` are sentences on usage that
    no log of its CLI has. `context_window` is that of a session in tokens, from its newest response and the
    observations of its logs; None where it is not certain. `home_variable` is the environment variable that
    names its homes, and `home_files` are what a home of it has, at least one of them or of the folders of its
    logs. `sessions` finds its live sessions; `watched_sessions` names files and folders of a home, few of them:
    when one changes, so may have the status of a session, though no log did. `reported_sessions` is what its
    program states of sessions itself, by session: from the observations of logs that belong together, and from
    what is counted of each; None where it states nothing. `make_server_counter` makes what asks its server for
    its own count, given `foreign_variables`; None where no server can be asked.
    when one changes, so may have the status of a session, though no log did. `cookie_login` is for who has no
    login of the CLI; None where no cookie gives one.
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
    make_sources: Callable[[tuple[str, ...]], tuple[Source, ...]]
    logs: LogFormat
    make_page_sources: Callable[[], tuple[PageSource, ...]] | None = None
    find_program: Callable[[Mapping[str, str], Path | None], Installed] | None = None
    find_hooks: Callable[[Home, Mapping[str, str], Path | None], tuple[OwnHook, ...]] | None = None
    find_log_homes: Callable[[Mapping[str, str]], tuple[Home, ...]] = lambda _environ: ()
    variables: tuple[str, ...] = ()
    foreign_variables: tuple[str, ...] = ()
    mark: Glyph = Glyph()
    resume: tuple[str, ...] = ()
    when_empty: Mapping[str, str] = {}
    not_counted: tuple[str, ...] = ()
    context_window: Callable[[ContextUse, Sequence[bytes]], int | None] = lambda _use, _observations: None
    home_variable: str = ""
    home_files: tuple[str, ...] = ()
    sessions: SessionFinder | None = None
    watched_sessions: Callable[[Path], tuple[str, ...]] = lambda _home: ()
    reported_sessions: ReportedSessions | None = None
    make_server_counter: Callable[[tuple[str, ...]], ServerCounter] | None = None
    cookie_login: CookieLogin | None = None

    def accepts_cookies(self, only: str | None) -> bool:
        """Whether a saved cookie is of use where `only` this source may be asked."""
        return self.cookie_login is not None and only in (None, COOKIE_SOURCE)

    @property
    def sources(self) -> tuple[Source, ...]:
        return self.make_sources(self.foreign_variables)

    @property
    def server_counter(self) -> ServerCounter | None:
        make = self.make_server_counter
        return None if make is None else make(self.foreign_variables)
