"""What a second start says: that another tankful runs, where, and what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from providers.host import holder
from tray.cli.console import show_rows, tell

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tray.engine.scope import Scope


def report(scope: Scope, *, values: bool) -> None:
    """`values`: also what the other one shows, on stdout; it is not asked, and sends no request."""
    tell(where_it_runs(scope.folders.state))
    if not values:
        return
    from tray.engine.costs import Costs
    from tray.engine.once import refresh_every, take_round
    from tray.engine.state import State
    from tray.view import menu

    state = State(
        snapshot=take_round(scope, Costs(scope), "cached"),
        settings=scope.settings(),
        refresh_every=refresh_every(scope),
    )
    show_rows(menu.status_rows(state, scope.clock(), scope.zone))


def where_it_runs(state_folder: Path, status_of: Callable[[int], str | None] = holder.status_of) -> str:
    from tray.engine import published

    owner = (published.read(str(state_folder)) or {}).get("owner")
    kind, pid = _owner(owner)
    status = None if pid is None else status_of(pid)
    if status is None or kind not in ("tray", "headless", "watch"):
        # The lock is held, by another one than who published last.
        return "already running: another tankful is just starting, or counting. Try again in a moment."
    if status == "stopped":
        return f"already running, but stopped (process {pid}). Run `kill -CONT {pid}` to resume it."
    if kind == "headless":
        return f"already running without a tray (process {pid}). Stop it first to get the icon."
    if kind == "watch":
        return f"already running for `tankful watch` (process {pid}). Try again in a moment."
    return "already running: look for its icon in the tray."


def _owner(owner: Any) -> tuple[str | None, int | None]:
    if not isinstance(owner, dict):
        return None, None
    kind, pid = owner.get("kind"), owner.get("pid")
    is_pid = isinstance(pid, int) and not isinstance(pid, bool) and 0 < pid < 1 << 31
    return kind if isinstance(kind, str) else None, pid if is_pid else None
