"""A connection through a SOCKS proxy, by PySocks, which is imported only where one is set."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from providers.domain.errors import Offline
from providers.host.http.deadline import CONNECT_SECONDS, Watch
from providers.host.http.errors import proxy_failed

# By scheme: the version, and whether the proxy resolves the server's name. GNOME writes `socks` for its own.
_SCHEMES = {
    "socks5h": (5, True),
    "socks5": (5, False),
    "socks": (5, True),
    "socks4a": (4, True),
    "socks4": (4, False),
}
_PORT = 1080
_UNREACHED = ("0x03", "0x04", "0x05", "0x06")
"""How PySocks begins the text of a reply that the server was not reached (RFC 1928, section 6)."""


class SocksProxy(Struct, frozen=True, kw_only=True):
    """One proxy; `resolves` is whether it resolves the server's name."""

    version: int
    resolves: bool
    host: str
    port: int
    user: str | None = None
    password: str | None = None


def socks_proxy(address: str) -> SocksProxy | None:
    """The proxy with this address; None if it is not of SOCKS. Raises ValueError if it is malformed."""
    parts = urlsplit(address)
    if parts.scheme not in _SCHEMES:
        return None
    if not parts.hostname:
        raise ValueError("without a host")
    version, resolves = _SCHEMES[parts.scheme]
    return SocksProxy(
        version=version,
        resolves=resolves,
        host=parts.hostname,
        port=parts.port or _PORT,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def is_proxy(address: str) -> bool:
    """Whether it is the address of a proxy that can be used, of whatever kind; without a scheme it is of HTTP."""
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return bool(host) and parts.scheme in ("http", "https", *_SCHEMES)


def connect_through(proxy: SocksProxy, host: str, port: int, options: Any, watch: Watch) -> socket.socket:
    """A connection to the server, within the deadline; raises Offline."""
    import socks

    kind = socks.SOCKS5 if proxy.version == 5 else socks.SOCKS4
    try:
        found = socket.getaddrinfo(proxy.host, proxy.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise proxy_failed(watch, connected=False) from None
    failure: Exception = TimeoutError()
    for family, each, number, _, address in found:
        if (left := min(CONNECT_SECONDS, watch.left)) <= 0:
            break
        connection: socket.socket = socks.socksocket(family, each, number)
        try:
            for option in options or ():
                connection.setsockopt(*option)
            connection.settimeout(left)
            connection.set_proxy(  # type: ignore[attr-defined]
                kind, address[0], address[1], proxy.resolves, proxy.user, proxy.password
            )
            watch.add(connection)  # even while the proxy is being spoken to
            connection.connect((host, port))
        except socks.ProxyConnectionError as error:
            connection.close()
            failure = error.socket_err
        except OSError as error:
            connection.close()
            raise _failed(getattr(error, "socket_err", None) or error, watch) from None
        else:
            watch.through = True
            return connection
    raise proxy_failed(watch, failure, connected=False)


def _failed(error: Exception, watch: Watch) -> Offline:
    """The proxy was reached."""
    import socks

    if isinstance(error, socket.gaierror):
        return Offline(
            "The server's name cannot be resolved on this machine.",
            remedy="Let the proxy resolve it: write socks5h:// in its address.",
        )
    if isinstance(error, socks.SOCKS5AuthError):
        return Offline(
            f"The proxy {watch.proxy} requires a valid user name and password.",
            remedy="Set them in HTTPS_PROXY or ALL_PROXY.",
        )
    if str(error).startswith(_UNREACHED):
        return Offline(f"The proxy {watch.proxy} could not reach the server.")
    return proxy_failed(watch, error, connected=True)
