"""What `polling.poll` relies on in every source. A source's tests inherit this class and name its fixtures:

class TestOAuth(SourceConformance):
    @pytest.fixture
    def source(self) -> Source:
        return OAuthSource(answered(usage()))

    @pytest.fixture
    def question(self, tmp_path: Path) -> Question:     # one that `source` answers
        return question(make_home(tmp_path / "home"))
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from providers.domain.errors import ProviderError, as_error
from providers.domain.limits import ErrorKind, Reading, UsageError
from providers.source import Question, ServerCounter, Source
from tests.homes import SECRETS

WINDOW = re.compile(r"(session|weekly|monthly|individual|window:(\d+|unknown)|[a-z_]+(:[a-z0-9_.-]+){1,2})")
LANES = {"windows", "credits", "spend", "resets"}
KINDS: tuple[ErrorKind, ...] = ErrorKind.__args__  # type: ignore[attr-defined]


class SourceConformance:
    """Needs the fixtures `source` and `question`."""

    secrets: tuple[str, ...] = SECRETS

    def test_it_says_what_it_is(self, source: Source) -> None:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", source.id)
        assert source.title.isprintable()
        assert 0 < len(source.title) <= 24
        assert isinstance(source.local, bool)
        assert isinstance(source.rest, timedelta)
        assert timedelta(0) <= source.rest <= timedelta(days=1)

    @pytest.mark.parametrize("kind", KINDS)
    def test_it_knows_whom_it_stands_in_for(self, source: Source, kind: ErrorKind) -> None:
        trouble = as_error(UsageError(kind=kind, message="No.", remedy="None."))
        assert isinstance(source.is_fallback_for(trouble), bool)

    def test_no_stand_in_is_asked_for_a_network_that_is_gone(self, source: Source) -> None:
        if source.local or source.id == "oauth":
            pytest.skip("it is asked first, or costs nothing")
        for kind in ("offline", "rate_limited", "server_error"):
            assert not source.is_fallback_for(as_error(UsageError(kind=kind, message="No.", remedy="None.")))

    def test_it_answers(self, source: Source, question: Question) -> None:
        before = files_of(question.home.path)
        assert source.unavailable(question) is None
        reading = source.read(question)
        assert reading is not None
        self.check(source, reading)
        assert reading.windows or reading.credits or reading.speaks_for
        assert files_of(question.home.path) == before, "the person's home is as it was"

    @pytest.mark.parametrize("name", ["missing", "empty", "file", "garbage", "folders", "odd"])
    def test_no_home_makes_it_stumble(
        self, source: Source, question: Question, tmp_path: Path, name: str
    ) -> None:
        home = replace(question.home, path=damaged_home(tmp_path / "troubled", name))
        asked = replace(question, home=home)
        trouble = source.unavailable(asked)
        if trouble is not None:
            self.check_trouble(trouble)
            return
        try:
            reading = source.read(asked)
        except ProviderError as error:
            self.check_trouble(error)
        else:
            assert reading is None or self.check(source, reading)

    def check(self, source: Source, reading: Reading) -> bool:
        """A reading as the rest of the house may rely on it."""
        assert reading.source == source.id
        assert reading.speaks_for <= LANES
        for moment in _moments(msgspec.to_builtins(reading, builtin_types=(datetime, timedelta))):
            assert moment.utcoffset() == timedelta(0)
        assert reading.fetched_at.tzinfo is UTC
        ids = [window.id for window in reading.windows]
        assert len(set(ids)) == len(ids)
        for window in reading.windows:
            assert WINDOW.fullmatch(window.id), window.id
            assert window.title.isprintable()
            assert isfinite(window.used_percent)
            assert window.used_percent >= 0
        self._tells_no_secret(repr(reading))
        return True

    def check_trouble(self, trouble: ProviderError) -> None:
        """A trouble that a person can do something with."""
        assert isinstance(trouble, ProviderError)
        for sentence in (trouble.message, trouble.remedy):
            assert sentence.isprintable()
            assert sentence[-1] in ".!?)`"
        assert trouble.retry_at is None or trouble.retry_at.tzinfo is not None
        self._tells_no_secret(f"{trouble!r} {trouble} {trouble.remedy}")

    def _tells_no_secret(self, text: str) -> None:
        assert not [secret for secret in self.secrets if secret in text]


def damaged_home(folder: Path, name: str) -> Path:
    """A home that is not there, or not what it should be."""
    if name == "missing":
        return folder
    if name == "odd":
        return Path("~nosuchuser") / ("x" * 300)
    if name == "file":
        folder.write_bytes(b"a file")
        return folder
    folder.mkdir()
    for file in ("auth.json", "config.toml", ".credentials.json", ".claude.json"):
        if name == "folders":
            (folder / file).mkdir()
        elif name == "garbage":
            (folder / file).write_bytes(b'\xff{"tokens": [' + SECRETS[0].encode())
    return folder


def files_of(folder: Path) -> dict[str, tuple[str, int]]:
    """What a home holds: contents and times of writing."""
    return {
        str(path.relative_to(folder)): (
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
            path.stat().st_mtime_ns,
        )
        for path in folder.rglob("*")
    }


def _moments(value: object) -> Iterator[datetime]:
    if isinstance(value, datetime):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _moments(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _moments(each)


class CounterConformance:
    """What an audit relies on in every ServerCounter. Needs the fixtures `counter` and `question`, one that it
    answers, and `sessions`, some of which its server knows.
    """

    secrets: tuple[str, ...] = SECRETS

    def test_its_counts_have_names(self, counter: ServerCounter) -> None:
        for name in (counter.sessions_by, counter.days_by):
            assert re.fullmatch(r"[A-Za-z]+", name)

    def test_it_answers_what_it_was_asked(
        self, counter: ServerCounter, question: Question, sessions: Sequence[str]
    ) -> None:
        answer = counter.count(question, sessions)
        assert answer.sessions
        assert answer.sessions.keys() | answer.unknown <= set(sessions)
        assert not answer.sessions.keys() & answer.unknown
        for use in answer.sessions.values():
            for figure in (
                use.total_tokens,
                use.input_tokens,
                use.cache_read_tokens,
                use.output_tokens,
                use.usd,
            ):
                assert figure is None or figure >= 0
        assert list(answer.days) == sorted(answer.days, key=lambda each: each.day)
        assert not any(secret in repr(answer) for secret in self.secrets)

    def test_it_changes_nothing_in_the_home(
        self, counter: ServerCounter, question: Question, sessions: Sequence[str]
    ) -> None:
        before = files_of(question.home.path)
        counter.count(question, sessions)
        assert files_of(question.home.path) == before

    def test_it_raises_nothing_without_a_login(
        self, counter: ServerCounter, question: Question, sessions: Sequence[str], tmp_path: Path
    ) -> None:
        nobody = replace(question.home, path=tmp_path / "nobody")
        error = counter.count(replace(question, home=nobody), sessions).error
        assert error is not None
        assert error.remedy
        assert error.retry_at is None  # nobody asks again by itself
        assert "by itself" not in error.remedy
