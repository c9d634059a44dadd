"""`tankful usage --cached --json`: the last published snapshot at once, with the standard library alone."""

from __future__ import annotations

import json
import os
import sys
import time

from providers.domain.visible import json_text, visible
from providers.host.state_folder import is_trusted, state_folder
from tray.engine import published
from tray.engine.detached import is_owned

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from tray.engine.published import Document

OK, NOTHING_READ = 0, 1
OWNER_SECONDS = 5.0


def answer(arguments: list[str]) -> int | None:
    """The fast path (see `tray.cli.commands`): `--cached --json [--provider ID]`, where a snapshot is
    published.
    """
    provider = _provider(arguments)
    if provider is None:
        return None
    if not is_trusted(os.environ):
        return None  # the slow path says why
    folder = state_folder(os.environ)
    try:
        snapshot = published.read(folder)
        # An owner needs a moment to publish what was saved; one that needs longer is suspended, or hangs.
        patience = OWNER_SECONDS if is_owned(folder) else 0.0
        if snapshot is None or published.is_behind(folder, patience):
            return None
        document = published.usage(snapshot, time.time())
        chosen = [each for each in document["providers"] if provider in ("all", each["provider"])]
        if not chosen and provider != "all":
            return None  # it is switched off or unknown: the slow path reports that
        budgets = [each for each in document["budgets"] if provider in ("all", each["provider"])]
        shown = {**document, "providers": chosen, "budgets": budgets}
        text = json_text(json.dumps(shown, indent=2, ensure_ascii=False, allow_nan=False))
        is_read = any(map(_is_read, chosen))
        problem = snapshot["settings"]["problem"]
    except (OSError, *published.DAMAGED):
        return None
    if sys.stdout is not None:
        sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")
        sys.stdout.flush()
    if isinstance(problem, str) and sys.stderr is not None:
        try:  # noqa: SIM105 - contextlib takes its time
            sys.stderr.write(f"tankful: {visible(problem)}\n")
        except OSError:  # nobody reads it
            pass
    return OK if is_read else NOTHING_READ


def _provider(arguments: list[str]) -> str | None:
    """The provider asked for, or "all"; None where the arguments are any others than the ones known here."""
    rest = list(arguments)
    if "--cached" not in rest or "--json" not in rest:
        return None
    rest.remove("--cached")
    rest.remove("--json")
    match rest:
        case []:
            return "all"
        case ["--provider", ident]:
            return ident
        case _:
            return None


def _is_read(account: Document) -> bool:
    cost = account["cost"]
    read = (account[lane] for lane in ("windows", "credits", "spend", "limits_known"))
    return any(read) or bool(cost and cost["has_logs"])
