"""Whose a connection is: Linux lists the owner of each TCP socket, also of those on this machine that ask us.

A cookie of 127.0.0.1 goes to every port of it, so that another user with a server of their own may come by ours:
what they ask for with it is refused all the same.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress

Address = tuple[str, int]
TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_MAPPED = "0000000000000000FFFF0000"
"""How an IPv6 socket names an IPv4 address: the start of it, as the table spells it on a little-endian machine."""


def is_foreign(
    client: Address | None,
    server: Address | None,
    *,
    read: Callable[[str], str] | None = None,
    own: int | None = None,
) -> bool:
    """Whether the process at the other end of this connection belongs to another user, root aside; False where the
    system does not tell. The addresses are IPv4, with their ports.
    """
    if client is None or server is None or not (sys.platform == "linux" or read):
        return False
    uid = os.geteuid() if own is None else own
    here, there = _spelled(server), _spelled(client)
    if here is None or there is None:
        return False
    sockets = {ends: owner for table in TABLES for ends, *owner in _sockets((read or _read)(table))}
    if (here, there) not in sockets:
        return False  # not even our own end is listed
    owner = sockets.get((there, here))
    # One that has ended belongs to nobody, which the table spells as root's without an inode.
    return owner is None or owner[0] not in (0, uid) or owner[1] == 0


def _sockets(table: str) -> Iterator[tuple[tuple[str, str], int, int]]:
    """Its two ends, its owner and its inode."""
    for line in table.splitlines()[1:]:
        columns = line.split()
        with suppress(ValueError, IndexError):
            yield (
                (columns[1].removeprefix(_MAPPED), columns[2].removeprefix(_MAPPED)),
                int(columns[7]),
                int(columns[9]),
            )


def _spelled(address: Address) -> str | None:
    """As the table has it: the bytes of the address in the order of the machine."""
    with suppress(OSError):
        number = int.from_bytes(socket.inet_aton(address[0]), sys.byteorder)
        return f"{number:08X}:{address[1]:04X}"
    return None


def _read(table: str) -> str:
    try:
        with open(table, encoding="ascii", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
