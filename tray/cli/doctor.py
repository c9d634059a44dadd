"""`tankful doctor`: what is well on this machine, what is not, and what to do about it.

`--json` prints `tankful.doctor/1`. No token, no content of a file; addresses are masked, paths begin with `~`:

    {"schema": "tankful.doctor/1", "generated_at": "…",
     "system":    {"tankful", "python", "platform"},
     "desktop":   {"name", "session_bus", "watcher", "displays": [names], "xembed",
                   "backend": "status notifier" | "xembed" | "native" | null, "waits"},
     "engine":    {"running", "kind": "tray" | "headless" | "watch" | "command" | null, "pid", "published_at"},
     "providers": [{"id", "title", "enabled",
                    "program":  {"command", "path", "version", "error": ERROR | null},
                    "homes":    [{"path", "chosen", "exists", "readable", "login": LOGIN | null}],
                    "guards":   [{"home", "events": [names], "trusts": ["trusted" | "untrusted" | "modified" |
                                  "managed"], "purpose", "enabled", "missing", "timeout", "answered_at", "outcome",
                                  "error": ERROR | null}],
                    "session_hooks": [the same of `tankful hook`],
                    "accounts": [{"id", "homes": [paths], "error": ERROR | null,
                                  "sources": [{"id", "title", "local", "ok", "at", "error": ERROR | null}]}]}],
     "ledger":    {"path", "exists", "bytes", "files", "complete": {provider: bool | null}, "sound",
                   "damage_met", "has_checksums", "checked": 0-1, "scrub_ended", "removed", "removed_at",
                   "error"},
     "settings":  {"path", "exists", "problem"},
     "folders":   [{"name", "path", "exists", "mode": "0700", "writable"}],
     "network":   {"variables": [names], "unsupported": [names]},
     "log":       {"path", "exists", "mode", "transitions": [at most 10 lines], "faults", "last_fault"},
     "problems":  [{"section", "name", "level": "warn" | "fail", "text", "remedy"}]}

LOGIN is `{"kind", "email", "since", "ends_at", "expired", "error": ERROR | null}`, and ERROR is
`{"kind", "message", "remedy", "retry_at"}`, as in `usage --json`. Where a check did not come to its end,
`{"check_failed": sentence}` stands in the place of what it looks at; null is what cannot be known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tray.cli.console import OK, make_scope

if TYPE_CHECKING:
    import argparse


EXAMPLES = (("tankful doctor", "what works here, what does not, and what to do"),)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace) -> int:
    """Exits 0 whatever it finds; Refused only for folders whose settings are not to be trusted."""
    from tray.desktop.survey import survey
    from tray.engine.doctor.collect import collect
    from tray.engine.doctor.facts import Failed
    from tray.engine.settings_table import HIDE_EMAIL
    from tray.view import output
    from tray.view.doctor.rows import sections, without_emails
    from tray.view.doctor.text import as_document, as_text

    # Not `open_scope`, which reports on stderr what this report contains.
    scope = make_scope()
    report = collect(scope, survey)
    hide_email = isinstance(report.settings, Failed) or scope.settings().get(HIDE_EMAIL)
    found = sections(without_emails(report) if hide_email else report, scope.zone)
    if options.json:
        output.emit(output.as_json(as_document(report, found)))
    else:
        colour = output.paper().styled
        output.emit(as_text(found, colour=colour), styled=colour)
    return OK
