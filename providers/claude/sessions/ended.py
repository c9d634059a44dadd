"""Sessions that ended a moment ago: what was just written, and has no record of a program that runs.

Versions that write records (2.1.197 and later) remove them at the end.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from providers.claude.logs.format import TRANSCRIPTS
from providers.claude.sessions.records import FOLDER
from providers.host.files import is_of_another_user
from providers.ledger.discover import FINDERS
from providers.sessions import RECENT, FoundSession

_CLOCKS = timedelta(minutes=1)
"""By which the clock of a disk may be ahead."""
_MOST = 16


def ended(
    homes: Sequence[Path], known: Collection[tuple[Path, str]], now: datetime
) -> Iterator[FoundSession]:
    """Those that are not `known`, the newest first; their logs are found by the same walk as for the count.
    Whether one of another user runs is not seen.
    """
    since, until = ((now + each).timestamp() * 1e9 for each in (-RECENT, _CLOCKS))
    for home in homes:
        if not os.path.isdir(home / FOLDER):
            continue
        for log in FINDERS.finder(home, TRANSCRIPTS).recent(int(since))[:_MOST]:
            path = Path(log.path)
            is_own = path.parent.parent.parent == home and not path.name.startswith("agent-")
            if is_own and log.mtime_ns <= until and (home, path.stem) not in known:
                runs = None if is_of_another_user(log.path) else False
                yield FoundSession(home=home, id=path.stem, log=path, is_running=runs)
