"""What the providers' status pages report, asked for seldom; that a page cannot be read is nobody's concern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from providers.domain.errors import ProviderError
from providers.domain.incident import Incident
from providers.host.faults import logger_of
from providers.host.http.origin import origin_allowed
from providers.host.http.retry_after import LONGEST_WAIT
from providers.source import Provider

if TYPE_CHECKING:
    from providers.host.status_page import PageReading, PublicWeb

ORIGIN = "TANKFUL_STATUS_URL"
"""The environment variable for another place of the pages: `URL/PROVIDER` instead of each page's address."""
KEPT_FOR = timedelta(hours=1)
"""For how long a page that cannot be read any more counts as unchanged."""
_log = logger_of(__name__)


class StatusPages:
    """Used by one thread at a time. Between two requests to a page there is at least a `rest`, however often
    incidents are switched off and on.
    """

    def __init__(
        self, environ: Mapping[str, str], rest: timedelta = timedelta(0), web: PublicWeb | None = None
    ) -> None:
        self._rest = rest
        self._origin = environ.get(ORIGIN, "")
        self._web = web
        self._readings: dict[str, PageReading] = {}
        self._asked_at: dict[str, datetime] = {}
        self._failing: dict[str, datetime | None] = {}  # and when each may be asked again, if it said so

    def read(self, providers: Sequence[Provider], now: datetime) -> dict[str, Incident]:
        """The incidents of these providers, by their ids; each page has seconds to answer. Never raises."""
        for provider in providers:
            self._read(provider, now)
        return self.known(providers, now)

    def known(self, providers: Sequence[Provider], now: datetime) -> dict[str, Incident]:
        """What was last read of these, unless that is long ago; asks nobody."""
        asked = {provider.id for provider in providers}
        return {
            ident: reading.incident
            for ident, reading in self._readings.items()
            if ident in asked and reading.incident is not None and abs(now - reading.at) < KEPT_FOR
        }

    def _read(self, provider: Provider, now: datetime) -> None:
        from providers.host import status_page  # the settings need this file, and no HTTP

        page = f"{self._origin}/{provider.id}" if self._origin else provider.links.status
        retry_at = self._failing.get(provider.id)
        if not origin_allowed(page) or (retry_at is not None and now < retry_at < now + LONGEST_WAIT):
            return
        asked_at = self._asked_at.get(provider.id)
        if asked_at is not None and abs(now - asked_at) < self._rest:
            return
        self._asked_at[provider.id] = now
        try:
            reading = status_page.fetch(
                self._client(), page, provider.links.components, self._readings.get(provider.id), now
            )
        except ProviderError as error:
            if provider.id not in self._failing:
                _log.debug("%s status page failed (%s)", provider.id, error.kind)
            self._failing[provider.id] = error.retry_at
            return
        if provider.id in self._failing:
            _log.debug("%s status page works again", provider.id)
        self._failing.pop(provider.id, None)
        self._readings[provider.id] = reading

    def _client(self) -> PublicWeb:
        if self._web is None:
            from providers.host.http.transport import RequestsWeb

            self._web = RequestsWeb()
        return self._web
