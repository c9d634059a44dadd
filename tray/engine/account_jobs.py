"""The accounts of an engine: who is signed in where, and the jobs that look at them and ask their servers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from providers.polling.poll import Mode
from providers.polling.targets import Target, page_sources
from tray.engine import inbox, transitions
from tray.engine.jobs import Jobs
from tray.engine.poll_queue import PollQueue
from tray.engine.settings import Settings
from tray.engine.tasks import Tasks
from tray.engine.watch import Changes


class AccountJobs:
    """Used by the engine's thread, but for `targets`. `change` makes the next state of an event."""

    def __init__(
        self,
        jobs: Jobs,
        tasks: Tasks,
        settings: Callable[[], Settings],
        change: Callable[[transitions.Event], None],
    ) -> None:
        self._jobs = jobs
        self._tasks = tasks
        self._settings = settings
        self._change = change
        self._queue = PollQueue()
        self.targets: tuple[Target, ...] = ()

    @property
    def is_polling(self) -> bool:
        """Whether any account waits to be asked, or is being asked."""
        return bool(self._queue)

    def survey(self) -> None:
        """Find out who is signed in where."""
        self._jobs.start("survey", partial(self._tasks.survey, self._settings(), lambda: self.targets))

    def take(self, surveyed: inbox.Targets) -> bool:
        """Whether somebody is new. Looks at those that are another, or could not be looked at yet."""
        known = {target.key: target for target in self.targets}
        self.targets = targets = surveyed.targets
        self._change(transitions.AccountsFound(tuple(target.key for target in targets), surveyed.read))
        seen = {usage.key for usage in surveyed.read}
        for target in targets:
            if known.get(target.key) != target and target.key not in seen:
                self._look(target)
        return any(target.key not in known for target in targets)

    def look_at_changed(self, changes: Changes) -> None:
        for target in self.targets:
            touched = {target.key, *(home.id for home in target.homes)}
            if touched & (changes.homes | changes.saved | changes.logs):
                self._look(target)

    def want(self, mode: Mode, scope: str | None) -> None:
        """Everybody, or the accounts of a provider, or one account, waits to be asked."""
        self._queue.add([each for each in self.targets if scope in (None, each.provider.id, each.key)], mode)

    def wanted_by_person(self) -> None:
        """A person waits for all that wait now."""
        self._queue.want()

    def take_wanted(self) -> frozenset[str] | None:
        """Whom a person wanted refreshed, once all of them have been asked; else None."""
        return self._queue.take_wanted()

    def ask_next(self) -> None:
        """Raises RuntimeError where the system gives no further thread; the next round tries again."""
        for target, mode in self._queue.take({target.key: target for target in self.targets}):
            try:
                self._jobs.start(
                    f"ask:{target.key}", partial(self._tasks.ask, target, mode, self._settings())
                )
            except RuntimeError:
                self._queue.ended(target.key)
                raise
            self._change(transitions.AskingBegan(target.key))

    def asked(self, key: str) -> None:
        """Then its pages are asked for, in a job of their own: the next poll does not wait for them."""
        self._queue.ended(key)
        for target in self.targets:
            if target.key == key and page_sources(target):
                with suppress(RuntimeError):  # no further thread: they are asked for after the next poll
                    self._jobs.start(
                        f"account-pages:{key}",
                        partial(self._tasks.ask_for_pages, target, self._settings()),
                    )

    def _look(self, target: Target) -> None:
        self._jobs.start(f"look:{target.key}", partial(self._tasks.look, target, self._settings()))
