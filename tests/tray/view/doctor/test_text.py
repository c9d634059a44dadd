"""The report as a person reads it, and as JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from providers.domain.limits import ErrorKind, UsageError
from tray.engine.doctor.facts import (
    AccountFacts,
    DesktopFacts,
    EngineFacts,
    Failed,
    FolderFacts,
    HomeFacts,
    LedgerFacts,
    LogFacts,
    LoginFacts,
    NetworkFacts,
    ProgramFacts,
    ProviderFacts,
    Report,
    SettingsFacts,
    SourceFacts,
    System,
)
from tray.view.doctor.rows import sections
from tray.view.doctor.text import as_document, as_text

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def error(kind: ErrorKind, message: str, remedy: str, *, minutes: int | None = None) -> UsageError:
    retry_at = None if minutes is None else NOW + timedelta(minutes=minutes)
    return UsageError(kind=kind, message=message, remedy=remedy, retry_at=retry_at)


def source(ident: str, title: str, **more: Any) -> SourceFacts:
    return SourceFacts(id=ident, title=title, local=False, **more)


CODEX = ProviderFacts(
    id="codex",
    title="Codex",
    enabled=True,
    program=ProgramFacts(command="codex", path="~/.local/bin/codex", version="0.169.0"),
    homes=(
        HomeFacts(
            path="~/.codex",
            chosen=False,
            exists=True,
            readable=True,
            login=LoginFacts(kind="ChatGPT", email="d…@example.com", since=NOW - timedelta(days=2)),
        ),
    ),
    accounts=(
        AccountFacts(
            id="a1b2c3d4",
            homes=("~/.codex",),
            sources=(
                source("oauth", "ChatGPT", ok=True, at=NOW - timedelta(minutes=3)),
                source("app-server", "Codex CLI"),
            ),
        ),
    ),
)
GOOD = Report(
    generated_at=NOW,
    system=System(tankful="1.0.0", python="3.13.1", platform="Linux 6.1.0 x86_64"),
    desktop=DesktopFacts(
        name="XFCE",
        session_bus=True,
        watcher=True,
        displays=("DISPLAY",),
        xembed=True,
        backend="status notifier",
    ),
    engine=EngineFacts(running=True, kind="tray", pid=4711, published_at=NOW - timedelta(minutes=2)),
    providers=(CODEX,),
    ledger=LedgerFacts(
        path="~/.local/state/tankful/ledger.sqlite3",
        exists=True,
        bytes=12_345_678,
        files=1234,
        complete={"codex": True},
        sound=True,
        checked=0.4,
        scrub_ended=NOW - timedelta(hours=3),
    ),
    settings=SettingsFacts(path="~/.config/tankful/settings.toml", exists=True),
    folders=(
        FolderFacts(name="settings", path="~/.config/tankful", exists=True, mode="0700", writable=True),
        FolderFacts(name="state", path="~/.local/state/tankful", exists=True, mode="0700", writable=True),
        FolderFacts(name="cache", path="~/.cache/tankful", exists=False, mode=None, writable=True),
    ),
    network=NetworkFacts(variables=("HTTPS_PROXY", "NO_PROXY")),
    log=LogFacts(
        path="~/.local/state/tankful/tankful.log",
        exists=True,
        mode="0600",
        transitions=(
            "2026-11-20T11:00:00Z codex a1b2c3d4: oauth failed (offline)",
            "2026-11-20T11:05:00Z codex a1b2c3d4: oauth works again",
        ),
    ),
)


def text(report: Report) -> str:
    return as_text(sections(report, UTC))


def test_all_is_well() -> None:
    assert (
        text(GOOD)
        == """\
tankful
  ok    version      1.0.0
  ok    Python       3.13.1
  ok    system       Linux 6.1.0 x86_64

Desktop
        desktop      XFCE
        display      DISPLAY
        session bus  reachable
        tray host    StatusNotifierWatcher and XEmbed tray
  ok    icon         StatusNotifierItem

Engine
  ok    running      tray, pid 4711
        snapshot     last changed 2 min ago

Codex
  ok    program      codex 0.169.0, ~/.local/bin/codex
  ok    home         ~/.codex
  ok    login        ChatGPT, d…@example.com, renewed 2 d ago
  ok    ChatGPT      answered 3 min ago
        Codex CLI    not queried yet

Ledger
  ok    file         ~/.local/state/tankful/ledger.sqlite3, 12 MB, 1,234 logs
  ok    health       no damage found
  ok    checksums    all checked 3 h ago; 40% checked since
  ok    Codex        all logs are counted

Settings
  ok    file         ~/.config/tankful/settings.toml

Folders
  ok    settings     ~/.config/tankful (0700)
  ok    state        ~/.local/state/tankful (0700)
        cache        ~/.cache/tankful, not created yet

Network
        set          HTTPS_PROXY, NO_PROXY

Log
  ok    file         ~/.local/state/tankful/tankful.log
        last lines   2026-11-20T11:00:00Z codex a1b2c3d4: oauth failed (offline)
                     2026-11-20T11:05:00Z codex a1b2c3d4: oauth works again

No problems found."""
    )


OFFLINE = error("offline", "No connection to chatgpt.com.", "Check the network connection.", minutes=5)
BAD_CODEX = replace(
    CODEX,
    program=ProgramFacts(
        command="codex", error=error("program_missing", "Codex is not found.", "Install Codex.")
    ),
    homes=(
        HomeFacts(path="~/.codex", chosen=False, exists=False, readable=False),
        HomeFacts(path="~/work", chosen=True, exists=False, readable=False),
        HomeFacts(path="~/closed", chosen=True, exists=True, readable=False),
        HomeFacts(
            path="~/old",
            chosen=True,
            exists=True,
            readable=True,
            login=LoginFacts(
                kind="ChatGPT",
                expired=True,
                error=error("login_expired", "Your ChatGPT login expired yesterday.", "Run `codex` once."),
            ),
        ),
    ),
    accounts=(
        AccountFacts(
            id="a1b2c3d4",
            homes=("~/old",),
            sources=(source("oauth", "ChatGPT", ok=False, at=NOW - timedelta(minutes=1), error=OFFLINE),),
            error=OFFLINE,
        ),
    ),
)
BAD = Report(
    generated_at=NOW,
    system=Failed("No answer within 8 s."),
    desktop=DesktopFacts(
        session_bus=True, watcher=False, displays=("WAYLAND_DISPLAY",), backend="status notifier", waits=True
    ),
    engine=EngineFacts(running=False),
    providers=(BAD_CODEX,),
    ledger=LedgerFacts(
        path="~/ledger.sqlite3", exists=True, bytes=10, complete={"codex": False}, sound=False
    ),
    settings=SettingsFacts(path="~/settings.toml", exists=True, problem="lines 3, 7 not valid"),
    folders=(
        FolderFacts(name="state", path="~/state", exists=False, mode=None, writable=False),
        FolderFacts(name="cache", path="~/cache", exists=True, mode="0777", writable=True),
    ),
    network=NetworkFacts(variables=("ALL_PROXY",), unsupported=("ALL_PROXY",)),
    log=LogFacts(path="~/tankful.log", exists=True, mode="0644", faults=2, last_fault="2026-11-20T11:00:00Z"),
)


def test_what_to_look_at() -> None:
    assert (
        text(BAD).partition("problems found:")[2]
        == """
   1. Codex, home: ~/closed cannot be read. Check the permissions of that
      folder.
   2. Ledger, health: The file is damaged. Run `tankful cost`: it keeps the
      damaged file and starts a new one.
   3. Folders, state: ~/state cannot be created. Check its permissions and that
      no file is in its place, or set TANKFUL_HOME to another folder.
   4. tankful, check: No answer within 8 s. Run `tankful doctor` again; if this
      persists, please report it.
   5. Desktop, icon: no tray host is running; tankful would wait for one. Add a
      system tray to your panel; on GNOME, install the AppIndicator extension.
   6. Codex, program: Codex is not found. Install Codex.
   7. Codex, home: ~/work does not exist. Create it, or correct the variable or
      setting that names it.
   8. Codex, login: Your ChatGPT login expired yesterday. Run `codex` once.
   9. Codex, ChatGPT: offline 1 min ago: No connection to chatgpt.com. Next try
      12:05. Check the network connection.
  10. Ledger, Codex: Not all logs are counted. Run `tankful cost`: it counts the
      rest, and reports what fails.
  11. Settings, file: ~/settings.toml: lines 3, 7 not valid. Correct the file;
      what is valid in it is applied.
  12. Folders, cache: ~/cache can be written by others (0777). Run `chmod 700
      ~/cache`.
  13. Network, proxy: ALL_PROXY is not the address of a proxy that tankful can
      use. Set ALL_PROXY to an http://, https://, socks5:// or socks5h://
      address.
  14. Log, file: ~/tankful.log can be read by others (0644). Run `chmod 600
      ~/tankful.log`.
  15. Log, errors: 2 internal errors, the last at 2026-11-20T11:00:00Z. Please
      report it, with the lines marked ERROR in ~/tankful.log."""
    )


@pytest.mark.parametrize("report", [GOOD, BAD])
def test_within_80_columns(report: Report) -> None:
    assert max(map(len, text(report).splitlines())) <= 80


def test_one_thing() -> None:
    one = replace(GOOD, network=BAD.network)
    assert "\n\n1 problem found:\n   1. Network, proxy: " in text(one)


def test_a_source_that_failed_matters_only_where_no_other_answered() -> None:
    account = AccountFacts(id="a", homes=("~/.codex",), sources=(source("x", "X", ok=False, error=OFFLINE),))
    shown = text(replace(GOOD, providers=(replace(CODEX, accounts=(account,)),)))
    assert "        X            offline: No connection to chatgpt.com. Next try 12:05." in shown
    assert shown.endswith("No problems found.")


def test_what_is_not_used_is_no_problem() -> None:
    absent = HomeFacts(path="~/.codex", chosen=False, exists=False, readable=False)
    unused = replace(CODEX, program=BAD_CODEX.program, homes=(absent,), accounts=())
    off = ProviderFacts(id="claude", title="Claude", enabled=False)
    shown = text(replace(GOOD, providers=(unused, off)))
    assert "        program      not installed\n        home         ~/.codex does not exist\n" in shown
    assert "        limits       switched off in settings.toml\n" in shown
    assert shown.endswith("No problems found.")


def test_checks_of_a_provider_that_were_given_up() -> None:
    late = Failed("No answer within 14 s.")
    shown = text(replace(GOOD, providers=(replace(CODEX, program=late, homes=late, accounts=late),)))
    for name in ("program", "homes", "sources"):
        assert f"  warn  {name:11}  No answer within 14 s.\n" in shown


def test_colour_is_for_the_levels_alone() -> None:
    coloured = as_text(sections(BAD, UTC), colour=True)
    assert "\x1b[31mfail\x1b[0m" in coloured
    assert "\x1b[33mwarn\x1b[0m" in coloured
    for code in ("\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[0m"):
        coloured = coloured.replace(code, "")
    assert coloured == text(BAD)


def test_json_has_the_facts_and_the_problems() -> None:
    document = as_document(BAD, sections(BAD, UTC))
    assert document["schema"] == "tankful.doctor/1"
    assert document["generated_at"] == "2026-11-20T12:00:00Z"
    assert document["system"] == {"check_failed": "No answer within 8 s."}
    assert (
        document["providers"][0]["accounts"][0]["sources"][0]["error"]["retry_at"] == "2026-11-20T12:05:00Z"
    )
    assert len(document["problems"]) == 15
    assert document["problems"][0] == {
        "section": "Codex",
        "name": "home",
        "level": "fail",
        "text": "~/closed cannot be read.",
        "remedy": "Check the permissions of that folder.",
    }
    assert as_document(GOOD, sections(GOOD, UTC))["problems"] == []


def test_the_last_barrier_redacts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/dev")
    leaky = "The ledger /home/dev/x of dev@example.com, sk-ant-oat01-abcdefgh, is damaged."
    report = replace(GOOD, ledger=LedgerFacts(path="~/x", exists=True, bytes=1, error=leaky))
    for shown in (text(report), str(as_document(report, sections(report, UTC)))):
        assert "/home/dev" not in shown
        assert "dev@" not in shown
        assert "sk-ant" not in shown
