"""Of which repository git is asked, and when: seldom, since each answer is a process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping

from msgspec import Struct

from providers.domain.live import GitState
from providers.host.answers import SECONDS, Answers
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
_HANGS = "The folder does not answer. Check the network drive that it is on."
_MISSING = "git cannot be started. Install it to see what was changed."

Activity = object
"""Whatever differs when a session went on in a folder, as the time of its log's last line."""


class _Watched(Struct):
    """What is known of a repository. `asked_at` is when git was last asked, `seen` what had happened by then."""

    repository: Repository
    state: GitState | None = None
    asked_at: float | None = None
    paused_until: float = 0.0
    seen: Activity = None


class _Folder(Struct, frozen=True):
    """In which repository a folder is, looked up at `found_at`, and the stamps of that."""

    found_at: float
    repository: Repository | None
    stamps: Stamps = ()


class GitStates:
    """Remembers its answers from look to look; `find` and `run` are how git is found and run, `search` and
    `seconds` how a folder's repository is, and for how long that may take.
    """

    def __init__(
        self,
        *,
        environ: Mapping[str, str] = os.environ,
        find: Callable[[], str | None] = find_git,
        run: RunBriefly = run_briefly,
        search: Callable[[str], Repository | None] = find_repository,
        clock: Callable[[], float] = time.monotonic,
        seconds: float = SECONDS,
    ) -> None:
        self._environ = environ
        self._find = find
        self._run = run
        self._clock = clock
        self._watched: dict[str, _Watched] = {}
        self._search = search
        self._seconds = seconds
        self._answers = Answers(self._folder, seconds=seconds)
        self._folders: Mapping[str, _Folder] = {}
        self._git: str | None = None
        self._rests_until = 0.0

    def look(self, folders: Mapping[str, Activity]) -> Mapping[str, GitState | None]:
        """By folder, each with what happened there; None for one that is in no repository, or of which nothing is
        known yet: in one look git is asked about few.
        """
        self._folders = known = self._answers.of(folders)
        self._forget()
        happened: dict[str, list[Activity]] = {}
        for folder, each in known.items():
            if each.repository is not None:
                root = each.repository.root
                happened.setdefault(root, [each.stamps]).append(folders[folder])
                self._watched.setdefault(root, _Watched(each.repository))
        self._ask({root: tuple(each) for root, each in happened.items()})
        hanging = GitState(problem=_HANGS)
        return {
            folder: self._state_of(known[folder])
            if folder in known
            else (hanging if folder in self._answers.hanging else None)
            for folder in folders
        }

    def _state_of(self, folder: _Folder) -> GitState | None:
        return self._watched[folder.repository.root].state if folder.repository else None

    def _ask(self, happened: Mapping[str, Activity]) -> None:
        """Those first of whom nothing is known, then those that were asked longest ago."""
        began = self._clock()
        for watched in sorted(
            (self._watched[root] for root in happened), key=lambda each: each.asked_at or float("-inf")
        ):
            now = self._clock()
            if now - began >= _BUDGET or (watched.asked_at is not None and now < self._rests_until):
                break
            seen = happened[watched.repository.root]
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
        branch = Answers(lambda _: watched.repository.branch(), seconds=self._seconds)
        root = watched.repository.root
        return GitState(branch=branch.of([root]).get(root), problem=problem)

    def _folder(self, folder: str) -> _Folder:
        """A repository may be made, moved or deleted meanwhile. In a thread: it changes nothing here."""
        now = self._clock()
        known = self._folders.get(folder)
        if known is None or now - known.found_at >= OFTEN:
            known = _Folder(now, self._search(folder))
        return _Folder(
            known.found_at, known.repository, known.repository.stamps() if known.repository else ()
        )

    def _forget(self) -> None:
        """What no session is in any more; a slow one is not asked again because a session ended."""
        now = self._clock()
        roots = {each.repository.root for each in self._folders.values() if each.repository is not None}
        self._watched = {
            root: watched
            for root, watched in self._watched.items()
            if root in roots or watched.paused_until > now
        }


def _is_due(watched: _Watched, seen: Activity, now: float) -> bool:
    if watched.asked_at is None:
        return True
    if now < watched.paused_until:
        return False
    return now - watched.asked_at >= (SELDOM if seen == watched.seen else OFTEN)
