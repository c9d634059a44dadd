"""`tankful guard`: whether enough is left to go on, for scripts and agents.

`--json` prints `tankful.guard/1`:

    {"schema": "tankful.guard/1", "verdict": "go_on" | "warn" | "stop" | "unknown", "exit_code",
     "reason": "enough" | "low" | "spent" | "refused" | "budget" | "reset" | "stale" | "not_read" |
               "not_counted" | "no_account" | "no_such_window" | "no_budget",
     "message": sentences, "provider", "account": hash, "window": id,
     "budget": "day" | "week" | "month", "remaining_percent", "until": time,
     "stale": whether it was read longer ago than --max-age}
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from tray.cli.arguments import KNOWN_PROVIDERS, add_provider
from tray.cli.console import BadArgument, chosen, open_scope, tell
from tray.engine.bounded import Bounded
from tray.faces.guard import command
from tray.faces.guard.document import CODES
from tray.faces.guard.homes import chosen_homes, protocol_of
from tray.faces.guard.options import WINDOWS, GuardOptions, percent, problem
from tray.faces.guard.waiting import wait

if TYPE_CHECKING:
    from tray.engine.published import Document
    from tray.engine.scope import Scope
    from tray.faces.guard.verdict import Verdict

ROUND_SECONDS = 10.0
_EXIT_CODES = """exit codes:
  0   go on
  75  too little is left, or the account is blocked
  69  not known
  64  bad arguments"""
EXAMPLES = (
    ('tankful guard --provider codex && codex exec "$TASK"', "start a task only if enough is left"),
    (
        "tankful guard --provider claude --window session --min-left 20 --wait 5h",
        "wait for the reset where less than 20 % is left",
    ),
    ("tankful guard --budget || exit", "end a script once a limit or a budget is used up"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "\n\n".join(part for part in (_EXIT_CODES, parser.epilog) if part)
    add_provider(parser, "judge")
    parser.add_argument(
        "--window", choices=WINDOWS, default="any", help="judge only this limit (default: any)"
    )
    for name, default, what in (("min", 10, "stop"), ("warn", 25, "warn")):
        parser.add_argument(
            f"--{name}-left",
            type=_percent,
            default=float(default),
            metavar="PERCENT",
            help=f"{what} when less than this is left (default: {default})",
        )
    parser.add_argument(
        "--max-age",
        type=_seconds,
        default=600.0,
        metavar="AGE",
        help="do not rely on older values where no tray keeps them up to date (default: 10m)",
    )
    parser.add_argument(
        "--wait",
        type=_seconds,
        metavar="SECONDS",
        help="wait for the reset, but no longer than this, such as 600 or 5h",
    )
    parser.add_argument(
        "--budget", action="store_true", help="judge your budgets, too, which `tankful config` sets"
    )
    parser.add_argument(
        "--no-credits", action="store_true", help="stop also where credits would carry on after the limit"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    _add_hook_arguments(parser)


def _add_hook_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--hook", metavar="ID", default="", help=f"answer as a hook of this CLI: {KNOWN_PROVIDERS}"
    )
    parser.add_argument(
        "--refuse-calls",
        action="store_true",
        help="with --hook: refuse tool calls where a turn cannot be stopped",
    )


def run(arguments: argparse.Namespace) -> int:
    options = GuardOptions()
    for name in GuardOptions.__slots__:
        setattr(options, name, getattr(arguments, name))
    if contradiction := problem(options):
        raise BadArgument(contradiction)
    if options.hook:
        return _run_hook(options)
    scope = open_scope()
    chosen("provider", options.provider, "all", scope.provider_ids())
    rounds = Bounded()
    verdict = _look(scope, options, rounds)
    if options.wait is not None and (verdict.level == "stop" or verdict.reason == "reset"):
        tell(f"{verdict.text} Waiting.")
        verdict = wait(verdict, options.wait, lambda: _look(scope, options, rounds))
    command.show(verdict, options)
    return CODES[verdict.level]


def hooks() -> list[str]:
    from providers.registry import PROVIDERS

    return [provider.id for provider in PROVIDERS if protocol_of(provider.id)]


def _run_hook(options: GuardOptions) -> int:
    protocol = protocol_of(options.hook)
    if protocol is None:
        raise BadArgument(f"unknown hook {options.hook!r}; choose from {', '.join(hooks())}")
    if options.refuse_calls and not protocol.CAN_REFUSE:
        raise BadArgument(
            f"--refuse-calls is not needed with --hook {options.hook}, which stops between tools"
        )
    return command.run_hook(options, protocol)


def _look(scope: Scope, options: GuardOptions, rounds: Bounded) -> Verdict:
    """By what is published; or by a round of our own, where that says nothing for certain and nobody else takes
    rounds.
    """
    from tray.engine.detached import is_owned
    from tray.engine.published import DAMAGED
    from tray.faces.guard.judge import damaged, judge

    verdict = command.of_snapshot(options)
    if verdict is not None and (verdict.is_certain or is_owned(str(scope.folders.state))):
        return verdict
    snapshot = rounds.run("round", ROUND_SECONDS, lambda: _round(scope, options), otherwise=None)
    if snapshot is None:
        tell(f"no answer within {ROUND_SECONDS:.0f} s.")
        if verdict is not None:
            return verdict
    try:
        return judge(snapshot, time.time(), options, homes=chosen_homes)
    except DAMAGED:  # what somebody else keeps
        return damaged()


def _round(scope: Scope, options: GuardOptions) -> Document:
    """As it is published, but for what somebody else keeps."""
    from contextlib import suppress

    from providers.ledger.database import LedgerError
    from tray.engine import document, published
    from tray.engine.costs import Costs
    from tray.engine.document_values import as_time
    from tray.engine.once import take_round

    costs = Costs(scope)
    if options.budget:
        with suppress(LedgerError):
            costs.count()
    snapshot = take_round(scope, costs, "due")
    return {
        **(published.read(str(scope.folders.state)) or {}),
        "generated_at": as_time(snapshot.generated_at),
        "owner": {"kind": "command"},
        "providers": document.accounts(snapshot),
    }


def _percent(text: str) -> float:
    value = percent(text)
    if value is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a percentage from 0 to 100")
    return value


def _seconds(text: str) -> float:
    from tray.faces.bars.options import age

    value = age(text)
    if value is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a span; use the form 90s, 5m or 2h")
    return value
