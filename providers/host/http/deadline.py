"""The deadline of a request: tracks its connections and shuts them all down at once."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import TracebackType

CONNECT_SECONDS = 8.0


class Watch:
    """Aborts a request at its deadline in any state, even if the server keeps sending a byte now and then.

    It holds a second handle on each socket of the request, and shuts the connection down through it. `proxy`
    is the host and port of the proxy in use, None without one; `through` is whether it has connected to the
    server.
    """

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self.proxy: str | None = None
        self.through = False
        self._handles: list[socket.socket] = []
        self._lock = threading.Lock()
        self._ends = time.monotonic() + seconds
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        self._timer.join()
        for handle in self._handles:
            handle.close()

    @property
    def left(self) -> float:
        """Seconds until the deadline, at least 0."""
        return max(0.0, self._ends - time.monotonic())

    @property
    def connected(self) -> bool:
        return bool(self._handles)

    def add(self, connection: socket.socket) -> None:
        """Raises OSError, and closes the connection, if it cannot be duplicated."""
        try:
            handle = connection.dup()
        except OSError:
            connection.close()
            raise
        with self._lock:
            self._handles.append(handle)
        if self.expired:
            self._expire()

    def _expire(self) -> None:
        self.expired = True
        with self._lock:
            for handle in self._handles:
                try:
                    handle.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # closed by the other side already


def connect(host: str, port: int, options: Any, watch: Watch) -> socket.socket:
    """A connection to the first address that answers, all of them together within the deadline.

    urllib3 would give each address the full timeout. The DNS lookup before that cannot be bounded: the system's
    resolver takes no deadline, but has its own.
    """
    from urllib3.util.connection import allowed_gai_family, create_connection

    try:
        found = socket.getaddrinfo(host.strip("[]"), port, allowed_gai_family(), socket.SOCK_STREAM)
    except UnicodeError:
        raise OSError("invalid host name") from None
    failure = OSError("host name without an address")
    for address in dict.fromkeys(str(entry[4][0]) for entry in found):
        left = min(CONNECT_SECONDS, watch.left)
        if left <= 0:
            break
        try:
            connection = create_connection((address, port), left, socket_options=options)
        except OSError as error:
            failure = error
        else:
            watch.add(connection)
            return connection
    raise failure
