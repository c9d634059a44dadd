"""`tankful prices`: shows the prices in force, and updates them when asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tray.cli.console import NOTHING_READ, OK, open_scope, tell, tell_price_problems

if TYPE_CHECKING:
    import argparse

    from tray.engine.scope import Scope


EXAMPLES = (
    ("tankful prices list opus", "what the models with this in their name cost"),
    ("tankful prices update", "download newer prices"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Show the prices in force, and update them; without an action it lists them."
    parser.set_defaults(action="list", models=[], json=False, url=None)
    actions = parser.add_subparsers(metavar="ACTION", title="actions", dest="action")
    listing = actions.add_parser("list", help="show what each model costs, and where its price is from")
    listing.add_argument("models", nargs="*", metavar="MODEL", help="only models with this in their name")
    listing.add_argument("--json", action="store_true", help="print JSON")
    updating = actions.add_parser("update", help="download the current prices of genai-prices from GitHub")
    updating.add_argument("--url", help="download them from here instead")
    actions.add_parser("reset", help="delete the downloaded prices, so that the built-in ones apply")


def run(options: argparse.Namespace) -> int:
    scope = open_scope()
    match options.action:
        case "update":
            return _update(scope, options.url)
        case "reset":
            return _reset(scope)
    return _list(scope, options.models, as_json=options.json)


def _list(scope: Scope, parts: list[str], *, as_json: bool) -> int:
    from tray.view import output, price_list

    tell_price_problems(scope)
    rows = price_list.rows(scope.rates(), scope.clock(), tuple(part.lower() for part in parts))
    if as_json:
        output.emit(output.as_json(price_list.as_data(rows, scope.rates(), scope.clock())))
        return OK
    if not rows:
        tell("no model of that name has a known price.")
        return NOTHING_READ
    paper = output.paper()
    output.emit(price_list.table(rows, paper), styled=paper.styled)
    return OK


def _update(scope: Scope, url: str | None) -> int:
    from providers.domain.errors import ProviderError
    from providers.host.storage import cannot_write
    from providers.ledger.prices.update import URL, update
    from tray.view import output, price_list

    try:
        done = update(scope.fetched_prices, scope.rates(), scope.clock(), url=URL if url is None else url)
    except ProviderError as error:
        tell(f"{error.message} {error.remedy}")
        return NOTHING_READ
    except OSError as error:
        tell(f"the prices cannot be saved. {cannot_write(scope.fetched_prices.parent, error)}")
        return NOTHING_READ
    output.emit(price_list.updated(done))
    tell_price_problems(scope)
    return OK


def _reset(scope: Scope) -> int:
    from providers.host.storage import cannot_write
    from tray.view import output

    try:
        scope.fetched_prices.unlink()
    except FileNotFoundError:
        output.emit("There are no downloaded prices. The built-in ones apply.")
        return OK
    except OSError as error:
        tell(f"the downloaded prices cannot be deleted. {cannot_write(scope.fetched_prices.parent, error)}")
        return NOTHING_READ
    output.emit("The downloaded prices were deleted. The built-in ones apply.")
    return OK
