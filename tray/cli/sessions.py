"""`tankful sessions`: the live sessions of the coding agents, and what they wait for."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tray.cli.arguments import add_provider
from tray.cli.console import NOTHING_READ, OK, chosen, open_scope, tell
from tray.engine.live.cadence import SHOWN_AGE

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from providers.domain.live import SessionsLook
    from tray.engine.live.feed import SessionFeed
    from tray.engine.scope import Scope
    from tray.view.output import Paper

EXAMPLES = (
    ("tankful sessions", "who waits for you, who works, and what it costs"),
    ("tankful sessions --watch", "the same, kept up to date until you press q"),
    ("tankful sessions --watch --json | jq -c '.sessions[].status'", "each change, for a script"),
    ("tankful sessions open 019abc40", "bring the terminal of a session to the front"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Show the live sessions of Codex and Claude Code: those that wait for you come first."
    )
    parser.set_defaults(action="list")
    parser.add_argument("--watch", action="store_true", help="keep it up to date, until q or Ctrl-C")
    parser.add_argument(
        "--json", action="store_true", help="print JSON; with --watch, a line for each change"
    )
    add_provider(parser, "show")
    actions = parser.add_subparsers(metavar="ACTION", title="actions", dest="action")
    opening = actions.add_parser(
        "open", help="bring the terminal of a session to the front, or copy the command that resumes it"
    )
    opening.add_argument(
        "session", metavar="ID", help="the id of a session or how it begins, or the name of its project"
    )


def run(options: argparse.Namespace) -> int:
    from tray.engine.live.feeds import open_feed

    scope = open_scope()
    return show(options, scope, open_feed(scope, is_only=options.json and not options.watch))


def show(options: argparse.Namespace, scope: Scope, feed: SessionFeed) -> int:
    provider = chosen("provider", options.provider, "all", scope.provider_ids())
    if options.action == "open":
        from tray.cli import sessions_open

        return sessions_open.run(options.session, feed.read(SHOWN_AGE, share=False), scope)
    if not scope.chosen(provider):
        tell("no sessions to show: every selected provider is switched off in settings.toml.")
        return NOTHING_READ
    from tray.view.sessions.choose import of_provider

    def look(*, share: bool = True) -> SessionsLook:
        return of_provider(feed.read(SHOWN_AGE, share=share), provider)

    try:
        if options.watch:
            _watch(look, scope, provider, as_json=options.json)
            return OK
        return _print(look(share=False), scope, provider, as_json=options.json)
    finally:
        feed.withdraw()  # also what a `--watch` left that was killed


def _print(look: SessionsLook, scope: Scope, provider: str | None, *, as_json: bool) -> int:
    from tray.view import output

    for problem in look.problems:
        tell(problem)
    if as_json:
        from tray.engine.live.document import as_document

        output.emit(output.as_json(as_document(look)))
    else:
        paper = output.paper()
        output.emit(_text(scope, provider)(look, paper, None), styled=paper.styled)
    return NOTHING_READ if look.problems and not look.sessions else OK


def _text(scope: Scope, provider: str | None) -> Callable[[SessionsLook, Paper, int | None], str]:
    from providers.host.answers import Answers
    from tray.view.sessions import table

    titles = {each.id: each.title for each in scope.chosen(provider)}
    homes = scope.homes(provider)
    are_there = Answers(os.path.isdir).of({str(home.path): None for home in homes})
    found = [home.label for home in homes if are_there.get(str(home.path))]
    labels = found or [home.label for home in homes]

    def text(look: SessionsLook, paper: Paper, height: int | None) -> str:
        problems = () if height is None else look.problems
        return table.text(look, titles, labels, paper, height, problems)

    return text


def _watch(look: Callable[[], SessionsLook], scope: Scope, provider: str | None, *, as_json: bool) -> None:
    from tray.faces.session_watch import watch
    from tray.view import output
    from tray.view.terminal import is_styled, obeys_codes

    if sys.stdout is None:  # nobody reads
        return
    text = _text(scope, provider)
    if not as_json and obeys_codes(os.environ, sys.stdout):
        watch.in_place(look, text, sys.stdout, styled=is_styled(os.environ, sys.stdout))
        return
    reported: set[str] = set()

    def write(found: SessionsLook) -> None:
        for problem in found.problems:
            if problem not in reported:
                tell(problem)
        reported.clear()
        reported.update(found.problems)
        if as_json:
            from tray.engine.live.document import as_document

            output.emit(output.as_json_line(as_document(found)))
        else:
            paper = output.paper()
            output.emit(f"{text(found, paper, None)}\n", styled=paper.styled)

    watch.on_changes(look, write, sys.stdout.fileno())
