"""The rows on a provider: its program, homes, logins and sources. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo

from providers.domain.limits import UsageError
from tray.engine.doctor.facts import (
    AccountFacts,
    Failed,
    GuardFacts,
    HomeFacts,
    LoginFacts,
    ProgramFacts,
    ProviderFacts,
    SourceFacts,
)
from tray.view import format as fmt
from tray.view.doctor.row import ReportRow, failure, good, note, unfinished, warning

_LONGEST = 300
_LONGEST_TIMEOUT = 10.0
"""Seconds: a guard ends itself within two, wherever it can."""
_LONGEST_WAIT = 365 * 86400.0
_RUN = ("trusted", "managed")


def rows(facts: ProviderFacts, now: datetime, zone: tzinfo) -> Iterator[ReportRow]:
    if not facts.enabled:
        yield note("limits", "switched off in settings.toml")
        return
    homes = () if isinstance(facts.homes, Failed) else facts.homes
    used = isinstance(facts.homes, Failed) or any(home.exists or home.chosen for home in homes)
    if isinstance(facts.program, Failed):
        yield unfinished("program", facts.program.check_failed)
    elif facts.program is not None:
        yield _program(facts.program, used=used)
    if isinstance(facts.homes, Failed):
        yield unfinished("homes", facts.homes.check_failed)
    elif not used:
        yield note("home", f"{homes[0].path} does not exist" if homes else "none")
    for home in homes if used else ():
        yield from _home(home, now, zone)
    yield from _guards(facts, now)
    if isinstance(facts.accounts, Failed):
        yield unfinished("sources", facts.accounts.check_failed)
        return
    for account in facts.accounts:
        yield from _account(account, now, zone, named=len(facts.accounts) > 1)


def _program(program: ProgramFacts, *, used: bool) -> ReportRow:
    if program.error is not None:
        if program.path is None and not used:
            return note("program", "not installed")
        return _error("program", program.error)
    return good("program", f"{program.command} {program.version or ''}".rstrip() + f", {program.path}")


def _home(home: HomeFacts, now: datetime, zone: tzinfo) -> Iterator[ReportRow]:
    if not home.exists:
        if home.chosen:
            yield warning(
                "home",
                f"{home.path} does not exist.",
                "Create it, or correct the variable or setting that names it.",
            )
        return  # one of the usual places, beside another
    if not home.readable:
        yield failure("home", f"{home.path} cannot be read.", "Check the permissions of that folder.")
        return
    yield good("home", home.path)
    if home.login is not None:
        yield _login(home.login, now, zone)


def _login(login: LoginFacts, now: datetime, zone: tzinfo) -> ReportRow:
    if login.error is not None:
        return _error("login", login.error)
    parts = [login.kind or "signed in"]
    if login.email:
        parts.append(login.email)
    if login.since is not None:
        parts.append(f"renewed {fmt.age(now - login.since)}")
    if login.ends_at is not None:
        parts.append(f"ends {fmt.moment(login.ends_at, now, zone)}")
    return good("login", ", ".join(parts))


def _guards(facts: ProviderFacts, now: datetime) -> Iterator[ReportRow]:
    if isinstance(facts.guards, Failed):
        yield unfinished("guard", facts.guards.check_failed)
        return
    for guard in facts.guards:
        yield _guard(guard, now, cli=facts.title)


def _guard(guard: GuardFacts, now: datetime, *, cli: str) -> ReportRow:
    """Whether it is set, trusted and alive."""
    if guard.error is not None:
        return _error("guard", guard.error)
    if not guard.events:
        return note("guard", f"not set as a hook in {guard.home}")
    where = f"{', '.join(dict.fromkeys(guard.events))} in {guard.home}"
    if not guard.enabled:
        return warning("guard", f"Set for {where}, but hooks are switched off.", f"Switch them on in {cli}.")
    if guard.missing is not None:
        return warning(
            "guard",
            f"Set for {where}, but {guard.missing} cannot be run, so nothing is guarded.",
            "Correct the path in that hook, or install tankful there.",
        )
    if bad := [trust for trust in guard.trusts if trust not in _RUN]:
        what = "is not trusted" if "untrusted" in bad else "was changed since it was trusted"
        return warning(
            "guard",
            f"Set for {where}, but it {what}, so {cli} skips it without a message.",
            f"Start {cli}, type /hooks and trust it.",
        )
    if guard.timeout is not None and guard.timeout > _LONGEST_TIMEOUT:
        again = f" {cli} then asks to trust the hook again." if guard.trusts else ""
        return warning(
            "guard",
            f"Set for {where}, but {cli} would wait {_waited(guard.timeout)} for it on a disk that hangs.",
            f"Set `timeout` to 5 in that hook.{again}",
        )
    trusted = ", trusted" if guard.trusts else ""
    if guard.answered_at is None:
        return note("guard", f"set for {where}{trusted}; has not answered yet")
    outcome = f": {guard.outcome}" if guard.outcome else ""
    return good(
        "guard", f"set for {where}{trusted}; last answered {fmt.age(now - guard.answered_at)}{outcome}"
    )


def _waited(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < 60 else fmt.span(timedelta(seconds=min(seconds, _LONGEST_WAIT)))


def _account(account: AccountFacts, now: datetime, zone: tzinfo, *, named: bool) -> Iterator[ReportRow]:
    if named:
        yield note("account", f"{account.id} in {', '.join(account.homes)}")
    for source in account.sources:
        yield _source(source, now, zone, matters=account.error is not None)
    known = [source.error for source in account.sources if source.error is not None]
    if account.error is not None and all(account.error.message != error.message for error in known):
        yield _error("state", account.error)


def _source(source: SourceFacts, now: datetime, zone: tzinfo, *, matters: bool) -> ReportRow:
    """A failure does not matter where another source answered."""
    when = "" if source.at is None else f" {fmt.age(now - source.at)}"
    if source.ok is None:
        return note(source.title, "not queried yet")
    if source.ok:
        return good(source.title, f"answered{when}")
    if source.error is None:
        return note(source.title, f"failed{when}")
    row = _error(source.title, source.error)
    text = f"{source.error.kind}{when}: {row.text}"
    if source.error.retry_at is not None and source.error.retry_at > now:
        text += f" Next try {fmt.moment(source.error.retry_at, now, zone)}."
    return warning(source.title, text, row.remedy or "") if matters else note(source.title, text)


def _error(name: str, error: UsageError) -> ReportRow:
    return warning(name, fmt.plain(error.message, _LONGEST), fmt.plain(error.remedy, _LONGEST))
