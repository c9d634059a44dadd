"""What every command uses: exit codes, messages to the user, their scope."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # as in `main`
if TYPE_CHECKING:
    from tray.engine.costs import Costs
    from tray.engine.scope import Scope
    from tray.view.rows import Row

OK, NOTHING_READ, BAD_ARGUMENTS = 0, 1, 64


class BadArgument(ValueError):
    """Invalid arguments; str() is a sentence."""


class Refused(Exception):
    """Nothing is done, since it would not be safe; str() is a sentence with the remedy."""


def tell(text: str) -> None:
    """A message for the user, on stderr; dropped where that is closed."""
    if sys.stderr is not None:
        from contextlib import suppress  # 3 ms, which most runs need not spend

        from providers.domain.visible import visible

        with suppress(OSError):
            sys.stderr.write(f"tankful: {visible(text)}\n")


def show_rows(rows: tuple[Row, ...]) -> None:
    """The rows as text, wrapped where the width is known."""
    from tray.view import output
    from tray.view.columns import fitted

    text, screen = output.as_text(rows), output.screen()
    output.emit(text if screen is None else fitted(text, screen))


def chosen(what: str, given: str, every: str, ids: tuple[str, ...]) -> str | None:
    """None for all of them; raises BadArgument for an unknown one."""
    if given == every:
        return None
    if given not in ids:
        raise BadArgument(f"unknown {what} {given!r}; choose from {', '.join((*ids, every))}")
    return given


def open_scope() -> Scope:
    """The scope of the user; settings that are not valid are reported on stderr."""
    from tray.engine.fault_log import log_faults_to

    scope = make_scope()
    log_faults_to(scope.folders.state)
    if problem := scope.settings().problem:
        tell(problem)
    return scope


def tell_price_problems(scope: Scope) -> None:
    """Which price files are ignored, and why."""
    rates = scope.rates()
    if rates.problem:
        tell(f"ignoring your own prices: {rates.problem}")
    if rates.fetched_problem:
        tell(rates.fetched_problem)


def tell_count_problems(costs: Costs, problem: Exception | None) -> None:
    """`problem` is why not all was counted; then why nothing is kept, if so."""
    from providers.ledger.database import LedgerBusy

    if problem is not None:
        tell(
            f"{problem} These figures are from an earlier count."
            if isinstance(problem, LedgerBusy)
            else str(problem)
        )
    tell_if_not_kept(costs)


def tell_if_not_kept(costs: Costs) -> None:
    """Why what was counted is lost when this command ends."""
    if costs.ledger.problem is not None:
        tell(f"{costs.ledger.problem} Until then, the logs are recounted each time.")


def make_scope() -> Scope:
    """The same, without reporting on the settings. Raises Refused."""
    from providers.host.files import own_folders
    from providers.host.trust import UntrustedFolder, secure
    from tray.engine.scope import Scope
    from tray.engine.zones import local_zone

    try:
        folders = own_folders(os.environ)
    except RuntimeError as error:  # neither HOME nor the system's list of users has it
        raise Refused(
            "Your home folder is not known. Set HOME, or TANKFUL_HOME to a folder of your own."
        ) from error
    try:
        secure(folders)
    except UntrustedFolder as error:
        raise Refused(str(error)) from error
    return Scope(os.environ, folders, local_zone())
