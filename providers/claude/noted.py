"""The limits as Claude Code itself last noted them in `.claude.json`, without a network.

Facts (2.1.329; 2.1.197 does not yet): the whole answer of the usage endpoint, noted whenever Claude Code asked it
(its /usage), at most once a minute, with the account it was for.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from providers.claude import limits
from providers.claude.config import Config, read_config
from providers.claude.endpoint import answer
from providers.domain.errors import ProviderError
from providers.domain.limits import Identity, Reading
from providers.source import Home, Question

CLOCK_SLACK = timedelta(minutes=5)
OLDEST = timedelta(days=8)


class NotedLimits:
    """Implements providers.source.Source."""

    id = "noted"
    title = "Claude Code cache"
    local = True
    rest = timedelta(0)

    def __init__(self, read: Callable[[Home], Config] = read_config) -> None:
        self._read = read

    def is_fallback_for(self, trouble: ProviderError) -> bool:  # noqa: ARG002 - as every source
        """It costs nothing to look."""
        return True

    def unavailable(self, question: Question) -> ProviderError | None:  # noqa: ARG002 - as every source
        return None

    def read(self, question: Question) -> Reading | None:
        """The note, None where there is none of this account, or an old one.

        It names the person and not the organization: before `account_since` it may be of another.
        """
        reading = noted_reading(self._read(question.home), question, source=self.id)
        return reading if reading and reading.fetched_at >= question.account_since else None


def noted_reading(config: Config, question: Question, *, source: str) -> Reading | None:
    """The note as a reading of that time; None where there is none, or it names another person."""
    noted = config.noted
    at = limits.moment(noted.fetched_at_ms / 1000) if noted else None
    if noted is None or at is None or not -OLDEST <= at - question.now <= CLOCK_SLACK:
        return None
    if noted.account is not None and noted.account != person(question.identity):
        return None
    parsed = answer.parse(noted.answer, at)
    if parsed is None:
        return None
    return Reading(
        source=source,
        fetched_at=min(at, question.now),
        windows=parsed.windows,
        spend=parsed.spend,
        speaks_for=parsed.speaks_for,
        dropped=parsed.dropped,
    )


def person(identity: Identity) -> str | None:
    """The account without its organization, which a note does not name."""
    return identity.account_id.split("/")[0] if identity.account_id else None
