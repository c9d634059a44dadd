"""The rows on a provider: its program, homes, logins and sources. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

from tray.engine.doctor.facts import (
    AccountFacts,
    CookieFacts,
    Failed,
    HomeFacts,
    LoginFacts,
    PagesFacts,
    ProgramFacts,
    ProviderFacts,
    SourceFacts,
)
from tray.view import format as fmt
from tray.view.doctor.hooks import hook_rows
from tray.view.doctor.row import ReportRow, error_row, failure, good, note, unfinished, warning


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
    yield from _cookies(facts, now)
    yield from hook_rows(facts, now)
    if isinstance(facts.accounts, Failed):
        yield unfinished("sources", facts.accounts.check_failed)
        return
    for account in facts.accounts:
        yield from _account(account, now, zone, named=len(facts.accounts) > 1)


def _program(program: ProgramFacts, *, used: bool) -> ReportRow:
    if program.error is not None:
        if program.path is None and not used:
            return note("program", "not installed")
        return error_row("program", program.error)
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
        return error_row("login", login.error)
    parts = [login.kind or "signed in"]
    if login.email:
        parts.append(login.email)
    if login.since is not None:
        parts.append(f"renewed {fmt.age(now - login.since)}")
    if login.ends_at is not None:
        parts.append(f"ends {fmt.moment(login.ends_at, now, zone)}")
    return good("login", ", ".join(parts))


def _cookies(facts: ProviderFacts, now: datetime) -> Iterator[ReportRow]:
    if isinstance(facts.cookies, Failed):
        yield unfinished("cookie", facts.cookies.check_failed)
    else:
        yield from (_cookie(cookie, now) for cookie in facts.cookies)


def _cookie(cookie: CookieFacts, now: datetime) -> ReportRow:
    if cookie.error is not None:
        return error_row("cookie", cookie.error)
    whose = f"{cookie.account}, {cookie.email}" if cookie.email else cookie.account
    return good("cookie", f"of {whose}, saved in the keyring {fmt.age(now - cookie.saved_at)}")


def _account(account: AccountFacts, now: datetime, zone: tzinfo, *, named: bool) -> Iterator[ReportRow]:
    if named:
        where = f"in {', '.join(account.homes)}" if account.homes else "by its cookie"
        yield note("account", f"{account.id} {where}")
    for source in account.sources:
        yield _source(source, now, zone, matters=account.error is not None)
    if account.pages is not None:
        yield _pages(account.pages, now)
    known = [source.error for source in account.sources if source.error is not None]
    if account.error is not None and all(account.error.message != error.message for error in known):
        yield error_row("state", account.error)


def _pages(pages: PagesFacts, now: datetime) -> ReportRow:
    """That one is refused is worth a note: nothing else depends on it."""
    when = fmt.age(now - pages.asked_at)
    if not pages.errors:
        return good("account pages", f"read {when}")
    refused = [f"{page.replace('_', ' ')}: {error.message}" for page, error in pages.errors.items()]
    return note("account pages", f"asked for {when}. {' '.join(refused)}")


def _source(source: SourceFacts, now: datetime, zone: tzinfo, *, matters: bool) -> ReportRow:
    """A failure does not matter where another source answered."""
    when = "" if source.at is None else f" {fmt.age(now - source.at)}"
    if source.ok is None:
        return note(source.title, "not queried yet")
    if source.ok:
        return good(source.title, f"answered{when}")
    if source.error is None:
        return note(source.title, f"failed{when}")
    row = error_row(source.title, source.error)
    text = f"{source.error.kind}{when}: {row.text}"
    if source.error.retry_at is not None and source.error.retry_at > now:
        text += f" Next try {fmt.moment(source.error.retry_at, now, zone)}."
    return warning(source.title, text, row.remedy or "") if matters else note(source.title, text)
