"""Where the page is served: on this machine alone, at a port that is free."""

from __future__ import annotations

import errno
import ipaddress
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress

from msgspec import Struct

HOST, PORT = "127.0.0.1", 8765
NEXT_PORTS = 20
_TAKEN = (errno.EADDRINUSE, errno.EACCES)


class CannotServe(Exception):
    """There is no place for the page; str() is a sentence with its remedy."""


class PortInUse(CannotServe):
    pass


class PagePlace(Struct, frozen=True):
    """`host` is a loopback address; with `port` 0 the system chooses one."""

    host: str = HOST
    port: int = PORT

    @property
    def netloc(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.netloc}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """What a browser that asks here may name as the Host; its own first."""
        named = (self.netloc, f"localhost:{self.port}")
        return named if self.port != 80 else (*named, self.host, "localhost")


def place_of(environ: Mapping[str, str], port: int | None) -> PagePlace:
    """Where the person wants it: `port` where it was given, else by the environment. Raises CannotServe."""
    return PagePlace(_host(environ.get("TANKFUL_DASHBOARD_HOST") or HOST), _port(environ, port))


def _host(text: str) -> str:
    if text == "localhost":
        return HOST
    with suppress(ValueError):
        address = ipaddress.ip_address(text)
        if address.is_loopback:
            return str(address)
    raise CannotServe(
        "TANKFUL_DASHBOARD_HOST must be an address of this machine alone, such as 127.0.0.1: the page shows "
        "private numbers. To see it from elsewhere, forward the port with `ssh -L`."
    )


def _port(environ: Mapping[str, str], port: int | None) -> int:
    if port is not None:
        named, text = "--port", str(port)
    else:
        named, text = "TANKFUL_DASHBOARD_PORT", environ.get("TANKFUL_DASHBOARD_PORT") or str(PORT)
    if not (text.isdecimal() and text.isascii() and len(text) <= 5 and int(text) < 1 << 16):
        raise CannotServe(f"{named} must be a number from 0 to 65535.")
    return int(text)


def listen(place: PagePlace) -> socket.socket:
    """A socket that listens there. Raises PortInUse, CannotServe."""
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":  # there SO_REUSEADDR would let us share a port with another program
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((place.host, place.port))
        listener.listen(64)
    except OSError as error:
        listener.close()
        if error.errno in _TAKEN:
            raise PortInUse(_taken(place, error)) from error
        raise CannotServe(f"{place.netloc} cannot be used: {error.strerror or error}.") from error
    listener.setblocking(False)
    return listener


def listen_near(place: PagePlace) -> socket.socket:
    """There, or at one of the ports that follow. Raises CannotServe."""
    for port in range(place.port, min(place.port + NEXT_PORTS, 1 << 16)):
        with suppress(PortInUse):
            return listen(PagePlace(place.host, port))
    raise CannotServe(
        f"All ports from {place.port} on are in use. Set TANKFUL_DASHBOARD_PORT to one that is free."
    )


def bound(listener: socket.socket) -> PagePlace:
    host, port = listener.getsockname()[:2]
    return PagePlace(host, port)


def _taken(place: PagePlace, error: OSError) -> str:
    if error.errno == errno.EACCES and place.port < 1024:
        return f"Port {place.port} is for programs of the system. Choose one from 1024 on with --port."
    return f"Port {place.port} is in use{_by(place)}. Try `tankful dashboard --port {_free_after(place)}`."


def _by(place: PagePlace) -> str:
    """A clause that names the program which has the port, where the system tells."""
    import psutil

    with suppress(psutil.Error, OSError):
        for each in psutil.net_connections("tcp"):
            if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr[1] == place.port and each.pid:
                return f" by {psutil.Process(each.pid).name()} (process {each.pid})"
    return ""


def _free_after(place: PagePlace) -> int:
    for port in range(place.port + 1, min(place.port + NEXT_PORTS, 1 << 16)):
        with (
            suppress(OSError),
            socket.socket(
                socket.AF_INET6 if ":" in place.host else socket.AF_INET, socket.SOCK_STREAM
            ) as probe,
        ):
            probe.bind((place.host, port))
            return port
    return 0
