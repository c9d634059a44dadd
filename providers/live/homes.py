"""Which homes can be looked at: who asks for a file on a dead mount does not come back."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from providers.host.answers import SECONDS, Answers
from providers.source import Home, Provider


def ask_file_systems(folders: Collection[str]) -> None:
    """Returns as soon as those on which these folders are have answered. What is known of a folder would do for a
    stat, also when its server is dead; how much room there is the server is asked anew.
    """
    ask = os.stat if os.name == "nt" else os.statvfs
    for folder in folders:
        with suppress(OSError):
            ask(folder)


class HomeAnswers:
    """A home that does not answer is left out, and asked about again once it has come back."""

    def __init__(
        self, ask: Callable[[Collection[str]], None] = ask_file_systems, *, seconds: float = SECONDS
    ) -> None:
        self._ask = ask
        self._folders: dict[str, tuple[str, ...]] = {}
        self._answers = Answers(self._ask_home, seconds=seconds)

    def silent(self, looked_at: Iterable[tuple[Provider, Sequence[Home]]]) -> frozenset[Path]:
        """Those that do not answer, and those after them that could not be asked yet."""
        homes = {home.path: provider for provider, found in looked_at for home in found}
        self._folders = {str(path): _folders(path, provider) for path, provider in homes.items()}
        answered = self._answers.of(self._folders)
        return frozenset(path for path in homes if str(path) not in answered)

    def hangs(self, home: Path) -> bool:
        return str(home) in self._answers.hanging

    def _ask_home(self, path: str) -> bool:
        self._ask(self._folders[path])
        return True


def _folders(home: Path, provider: Provider) -> tuple[str, ...]:
    """The home, and those in it that may be links to elsewhere."""
    return str(home), *(os.path.join(home, each) for each in provider.logs.folders)
