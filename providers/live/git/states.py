"""Of which repository git is asked, and when: seldom, since each answer is a process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping

from msgspec import Struct

from providers.domain.live import GitState
from providers.host.process.brief import run_briefly
from providers.live.git.program import RunBriefly, TooSlow, find_git, status
from providers.live.git.repository import Repository, Stamps, find_repository

OFTEN = 10.0
"""Seconds between two answers where something changed."""
SELDOM = 120.0
"""The same where nothing did that can be seen: a file that the person edits is none of that."""
PAUSE = 600.0
_BUDGET = 1.0
"""Seconds of a look that git may take of those of which nothing is known yet."""
_REST = 100
"""Of the others one is asked in a look, and after each git rests for so many times as long as it took: in a large
repository it takes more than all else of a look.
"""
_TOO_SLOW = "git status takes too long here. The next try is in 10 minutes."
_MISSING = "git cannot be started. Install it to see what was changed."

Activity = object
"""Whatever differs when a session went on in a folder, as the time of its log's last line."""


class _Watched(Struct):
    """What is known of a repository. `asked_at` is when git was last asked, `seen` what had happened by then."""

    repository: Repository
    state: GitState | None = None
    asked_at: float | None = None
    paused_until: float = 0.0
    seen: tuple[Stamps, object] | None = None


class GitStates:
    """Remembers its answers from look to look; `find` and `run` are how git is found and run."""

    def __init__(
        self,
        *,
        environ: Mapping[str, str] = os.environ,
        find: Callable[[], str | None] = find_git,
        run: RunBriefly = run_briefly,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._environ = environ
        self._find = find
        self._run = run
        self._clock = clock
        self._watched: dict[str, _Watched] = {}
        self._folders: dict[str, tuple[float, Repository | None]] = {}
        self._git: str | None = None
        self._rests_until = 0.0

    def look(self, folders: Mapping[str, Activity]) -> Mapping[str, GitState | None]:
        """By folder, each with what happened there; None for one that is in no repository, or of which nothing is
        known yet: in one look git is asked about few.
        """
        repositories = {folder: self._repository(folder) for folder in folders}
        self._forget(repositories)
        happened: dict[str, list[Activity]] = {}
        for folder, repository in repositories.items():
            if repository is not None:
                happened.setdefault(repository.root, []).append(folders[folder])
                self._watched.setdefault(repository.root, _Watched(repository))
        self._ask({root: tuple(each) for root, each in happened.items()})
        return {
            folder: self._watched[repository.root].state if repository else None
            for folder, repository in repositories.items()
        }

    def _ask(self, happened: Mapping[str, Activity]) -> None:
        """Those first of whom nothing is known, then those that were asked longest ago."""
        began = self._clock()
        for watched in sorted(
            (self._watched[root] for root in happened), key=lambda each: each.asked_at or float("-inf")
        ):
            now = self._clock()
            if now - began >= _BUDGET or (watched.asked_at is not None and now < self._rests_until):
                break
            seen = (watched.repository.stamps(), happened[watched.repository.root])
            if _is_due(watched, seen, now):
                is_known = watched.asked_at is not None
                watched.seen, watched.asked_at = seen, now
                watched.state = self._state(watched)
                ended = self._clock()
                self._rests_until = ended + _REST * (ended - now)
                if is_known:
                    break

    def _state(self, watched: _Watched) -> GitState | None:
        repository = watched.repository
        self._git = self._git or self._find()
        if self._git is None:
            return self._failed(watched, _MISSING)
        try:
            return status(self._git, repository.root, self._environ, self._run)
        except TooSlow:
            return self._failed(watched, _TOO_SLOW)
        except OSError:
            self._git = None
            return self._failed(watched, _MISSING)

    def _failed(self, watched: _Watched, problem: str) -> GitState:
        watched.paused_until = self._clock() + PAUSE
        return GitState(branch=watched.repository.branch(), problem=problem)

    def _repository(self, folder: str) -> Repository | None:
        """One may be made, moved or deleted meanwhile."""
        now = self._clock()
        found = self._folders.get(folder)
        if found is None or now - found[0] >= OFTEN:
            self._folders[folder] = found = (now, find_repository(folder))
        return found[1]

    def _forget(self, repositories: Mapping[str, Repository | None]) -> None:
        """What no session is in any more; a slow one is not asked again because a session ended."""
        now = self._clock()
        roots = {each.root for each in repositories.values() if each is not None}
        self._folders = {folder: self._folders[folder] for folder in repositories}
        self._watched = {
            root: watched
            for root, watched in self._watched.items()
            if root in roots or watched.paused_until > now
        }


def _is_due(watched: _Watched, seen: tuple[Stamps, object], now: float) -> bool:
    if watched.asked_at is None:
        return True
    if now < watched.paused_until:
        return False
    return now - watched.asked_at >= (SELDOM if seen == watched.seen else OFTEN)
