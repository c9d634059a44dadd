"""A fake provider: its logins and sources are controlled by the test."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from providers.codex.logs.format import Rollouts
from providers.domain.errors import NotSignedIn, ProviderError
from providers.domain.limits import Identity, RateWindow, Reading
from providers.source import Home, Links, Login, Provider, Question, Source

SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def reading(used: float, source: str = "server", at: datetime | None = None) -> Reading:
    window = RateWindow(
        id="session",
        title="5h",
        used_percent=used,
        duration=timedelta(hours=5),
        resets_at=(at or datetime.now(UTC)) + timedelta(hours=2),
    )
    return Reading(
        source=source,
        fetched_at=at or datetime.now(UTC),
        windows=(window,),
        speaks_for=frozenset({"windows"}) if source == "server" else frozenset(),
    )


class FakeSource:
    """Answers with what `answer` returns for a question, or raises what it raises."""

    rest = timedelta(0)

    def __init__(
        self, answer: Callable[[Question], Reading | None], *, ident: str = "server", local: bool = False
    ) -> None:
        self.id, self.title, self.local = ident, ident.title(), local
        self.answer = answer
        self.asked: list[str] = []

    def is_fallback_for(self, error: ProviderError) -> bool:
        return True

    def unavailable(self, question: Question) -> ProviderError | None:
        return None

    def read(self, question: Question) -> Reading | None:
        self.asked.append(question.home.path.name)
        return self.answer(question)


class FileSource(FakeSource):
    """A local one: the percentage in `limits.json` of the home."""

    def __init__(self) -> None:
        super().__init__(self._of_file, ident="file", local=True)

    def _of_file(self, question: Question) -> Reading | None:
        try:
            noted = json.loads((question.home.path / "limits.json").read_text())
        except (OSError, ValueError):
            return None
        return reading(noted["used"], "file", datetime.fromisoformat(noted["at"]))


def fake_provider(
    folders: Sequence[Path], *sources: Source, ident: str = "fake", interval: timedelta = timedelta(minutes=1)
) -> Provider:
    """An account for each folder, named in its file `account`."""

    def find_homes(_environ: Mapping[str, str]) -> tuple[Home, ...]:
        return tuple(Home(provider=ident, path=folder, label=folder.name) for folder in folders)

    def read_login(home: Home, _now: datetime) -> Login:
        try:
            name = (home.path / "account").read_text()
        except OSError:
            return Login(error=NotSignedIn("Nobody is signed in."))
        return Login(identity=Identity(account_id=name, email=f"{name}@example.com"), attested_at=SINCE)

    return Provider(
        id=ident,
        title=ident.title(),
        cli=ident,
        links=Links(usage="https://a.example", status="https://b.example", changelog="https://c.example"),
        interval=interval,
        find_homes=find_homes,
        read_login=read_login,
        watched=lambda home, _environ: (str(home.path / "account"), str(home.path / "limits.json")),
        source_ids=tuple(source.id for source in sources),
        make_sources=lambda _: sources,
        logs=Rollouts(),
    )


def make_fake_home(folder: Path, account: str | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "account").write_text(account or folder.name)
    return folder
