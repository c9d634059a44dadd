"""What lets a person in: a token in the address of the page, which becomes a cookie of their browser.

All are made anew at each start, and are only in the memory of this process; where a second start looks for the
page that runs already, see `running`.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from threading import Lock

MOST_TICKETS = 16
TICKET_SECONDS = 120.0
"""A browser may take long to start."""


class Passes:
    """`token` is for the address that is printed, and is valid as long as the page is served. Thread-safe."""

    def __init__(self, port: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.token = secrets.token_urlsafe(32)
        self.cookie_name = f"tankful_{port}"  # the ports of a host share their cookies
        self._cookie = secrets.token_urlsafe(32)
        self._clock = clock
        self._lock = Lock()
        self._tickets: dict[str, float] = {}

    def ticket(self) -> str:
        """A token for a single use within two minutes: for the command line of a browser, which every user of the
        machine can read, and which stays there for as long as the browser runs.
        """
        with self._lock:
            while len(self._tickets) >= MOST_TICKETS:
                del self._tickets[next(iter(self._tickets))]
            made = secrets.token_urlsafe(32)
            self._tickets[made] = self._clock() + TICKET_SECONDS
            return made

    def admits(self, token: str) -> bool:
        """Whether the token in an address is valid; a ticket is used up by this."""
        with self._lock:
            found = next((each for each in self._tickets if _same(each, token)), None)
            if found is not None:
                return self._clock() < self._tickets.pop(found)
        return _same(self.token, token)

    @property
    def seconds_left(self) -> float:
        """So long a browser that was started may come with a ticket; 0 when none is left."""
        with self._lock:
            return max(0.0, max(self._tickets.values(), default=0.0) - self._clock())

    def is_cookie(self, value: str) -> bool:
        return _same(self._cookie, value)

    @property
    def set_cookie(self) -> str:
        """The value of a Set-Cookie header: for this session of the browser, and for no script."""
        return f"{self.cookie_name}={self._cookie}; HttpOnly; SameSite=Strict; Path=/"


def _same(one: str, other: str) -> bool:
    """In a time that says nothing of where they differ."""
    return secrets.compare_digest(one.encode(), other.encode("utf-8", "surrogateescape"))
