"""A report as sections of rows: each says whether it is well, and what to do where it is not. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import tzinfo
from typing import TypeVar

from msgspec.structs import replace

from providers.host.redact import redact
from tray.engine.doctor.facts import Failed, Report
from tray.view.doctor import machine, provider, storage
from tray.view.doctor.row import ReportRow, Section, unfinished

T = TypeVar("T")


def sections(report: Report, zone: tzinfo) -> tuple[Section, ...]:
    """All of the report, redacted once more."""
    now = report.generated_at
    titles = {each.id: each.title for each in report.providers}
    return (
        _section("tankful", report.system, machine.system),
        _section("Desktop", report.desktop, machine.desktop),
        _section("Engine", report.engine, lambda facts: machine.engine(facts, now)),
        *(
            _section(each.title, each, lambda facts: provider.rows(facts, now, zone))
            for each in report.providers
        ),
        _section("Ledger", report.ledger, lambda facts: storage.ledger(facts, titles, report.generated_at)),
        _section("Settings", report.settings, storage.settings),
        _section("Folders", report.folders, storage.folders),
        _section("Network", report.network, machine.network),
        _section("Log", report.log, storage.log),
    )


def without_emails(report: Report) -> Report:
    """The report without the e-mail addresses of logins."""
    providers = tuple(
        replace(
            each,
            homes=each.homes
            if isinstance(each.homes, Failed)
            else tuple(
                home if home.login is None else replace(home, login=replace(home.login, email=None))
                for home in each.homes
            ),
            cookies=each.cookies
            if isinstance(each.cookies, Failed)
            else tuple(replace(cookie, email=None) for cookie in each.cookies),
        )
        for each in report.providers
    )
    return replace(report, providers=providers)


def _section(title: str, facts: T | Failed, rows: Callable[[T], Iterable[ReportRow]]) -> Section:
    found = (unfinished("check", facts.check_failed),) if isinstance(facts, Failed) else rows(facts)
    return Section(title, tuple(_redacted(row) for row in found))


def _redacted(row: ReportRow) -> ReportRow:
    remedy = None if row.remedy is None else redact(row.remedy)
    return replace(row, text=redact(row.text), remedy=remedy)
