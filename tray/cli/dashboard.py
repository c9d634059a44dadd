"""`tankful dashboard`: the page in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tray.cli.console import OK, open_scope

if TYPE_CHECKING:
    import argparse

EXAMPLES = (("tankful dashboard", "open the page in the browser"),)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=int, default=8765, metavar="N", help="the port to serve on (default: 8765)"
    )
    parser.add_argument("--no-open", action="store_true", help="print the address and open no browser")


def run(options: argparse.Namespace) -> int:
    import uvicorn

    from tray.engine.costs import Costs
    from tray.faces.page.app import make_app
    from tray.view import output

    scope = open_scope()
    costs = Costs(scope)
    costs.count()
    output.emit(f"http://127.0.0.1:{options.port}/\n")
    uvicorn.run(
        make_app(scope, costs),
        host="127.0.0.1",
        port=options.port,
        log_level="error",
        timeout_graceful_shutdown=1,
    )
    return OK
