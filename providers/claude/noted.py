"""The limits that Claude Code last cached in `.claude.json`, read without a network.

Facts (2.1.329; 2.1.197 does not yet): the complete response of the usage endpoint, cached whenever Claude Code
fetches it (its /usage), at most once a minute, with its account.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from providers.claude.config import Config, read_config
from providers.claude.endpoint import answer
from providers.domain.errors import NotUnderstood, ProviderError
from providers.domain.limits import CLOCK_SLACK, Identity, Reading
from providers.domain.scalars import moment
from providers.source import Home, Question

OLDEST = timedelta(days=8)


class NotedLimits:
    """Implements providers.source.Source."""

    id = "noted"
    title = "Claude Code cache"
    local = True
    rest = timedelta(0)

    def __init__(self, read: Callable[[Home], Config] = read_config) -> None:
        self._read = read

    def is_fallback_for(self, error: ProviderError) -> bool:  # noqa: ARG002 - as every source
        """Reading it costs nothing."""
        return True

    def unavailable(self, question: Question) -> ProviderError | None:  # noqa: ARG002 - as every source
        return None

    def read(self, question: Question) -> Reading | None:
        """The cached reading, None where there is none for this account, or an old one.

        It names the person and not the organization: before `account_since` it may be of another one.
        """
        reading = noted_reading(self._read(question.home), question, source=self.id)
        return reading if reading and reading.fetched_at >= question.account_since else None


def noted_reading(config: Config, question: Question, *, source: str) -> Reading | None:
    """The cache as a reading of its time; None where it is empty, or names another person."""
    noted = config.noted
    at = moment(noted.fetched_at_ms) if noted else None
    if noted is None or at is None or not -OLDEST <= at - question.now <= CLOCK_SLACK:
        return None
    if noted.account is not None and noted.account != person(question.identity):
        return None
    try:
        parsed = answer.parse(noted.answer, at)
    except NotUnderstood:
        parsed = None
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
    """The account without its organization, which the cache does not name."""
    return identity.account_id.split("/")[0] if identity.account_id else None
