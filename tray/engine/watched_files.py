"""Which files an engine watches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace

from providers.ledger.discover import FINDERS
from providers.polling.account_store import AccountStore
from providers.polling.targets import Target
from providers.source import Home, Provider
from tray.engine.live import hook_records
from tray.engine.scope import Scope
from tray.engine.state import State
from tray.engine.watch import RECENT, Watched


def watched_files(
    scope: Scope, memory: AccountStore, targets: Sequence[Target], costs: tuple[Path, ...]
) -> Watched:
    """Of all homes, the targets' stored readings, and what figures of cost are made of."""
    homes = {home.id: (provider, home) for provider in scope.chosen() for home in scope.homes_of(provider)}
    saved = {target.key: memory.file_of(target.key) for target in targets if target.client is not None}
    return Watched(tuple(homes.values()), saved, (*costs, scope.prices_file, scope.fetched_prices))


def with_sessions(watched: Watched, scope: Scope, state: State) -> Watched:
    """Also what may change the status of a live session, or begin one."""
    look = state.sessions
    return replace(
        watched,
        sessions=True,
        records=(scope.folders.state / hook_records.FOLDER,),
        session_logs=look.logs if look else (),
        pids=frozenset(each.pid for each in look.sessions if each.pid is not None) if look else frozenset(),
    )


def recent_logs(scope: Scope, provider: Provider, home: Home) -> tuple[object, ...]:
    since = scope.clock() - RECENT + timedelta(minutes=1)  # within what the finder looks at anew
    return tuple(FINDERS.finder(home.path, provider.logs).recent(int(since.timestamp() * 1e9)))
