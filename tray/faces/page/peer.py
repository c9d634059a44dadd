"""Whose a connection is: Linux names the owner of each TCP socket, also of those on this machine that ask us.

A cookie of 127.0.0.1 goes to every port of it, so that another user with a server of their own may come by ours:
what they ask for with it is refused all the same.

The kernel is asked for one socket (sock_diag(7), as `ss` does it): to read /proc/net/tcp takes 20 ms for each
connection, however few there are.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
from collections.abc import Callable

Address = tuple[str, int | None]
Owner = tuple[int, int]
"""The user's id, and the inode of the socket: 0 for one that no process has open any more."""

_BY_FAMILY, _REQUEST, _ERROR = 20, 1, 2
_HEADER = struct.Struct("=IHHII")
_WANTED = struct.Struct("=BBBxI")
_ANY_COOKIE = b"\xff" * 8
_MESSAGE = struct.Struct("=4x48x12xII")
"""Of a struct inet_diag_msg the owner and the inode."""


def owner_of(local: Address, remote: Address) -> Owner | None:
    """Of the socket with these ends; None where there is none. Raises OSError where the system does not tell."""
    family = socket.AF_INET6 if ":" in local[0] else socket.AF_INET
    ends = (
        struct.pack("!HH", local[1] or 0, remote[1] or 0) + _spelled(family, local) + _spelled(family, remote)
    )
    wanted = _WANTED.pack(family, socket.IPPROTO_TCP, 0, 0xFFFFFFFF) + ends + bytes(4) + _ANY_COOKIE
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4) as kernel:  # NETLINK_SOCK_DIAG
        kernel.setblocking(False)  # the answer is there when the question is sent
        kernel.send(_HEADER.pack(_HEADER.size + len(wanted), _BY_FAMILY, _REQUEST, 1, 0) + wanted)
        answer = kernel.recv(1 << 12)
    kind = _HEADER.unpack_from(answer)[1]
    if kind == _BY_FAMILY and len(answer) >= _HEADER.size + _MESSAGE.size:
        owner, inode = _MESSAGE.unpack_from(answer, _HEADER.size)
        return owner, inode
    (code,) = struct.unpack_from("=i", answer, _HEADER.size) if kind == _ERROR else (0,)
    if code == -2:  # ENOENT
        return None
    raise OSError(-code, "the owner of a connection is unknown")


def is_foreign(
    client: Address | None,
    server: Address | None,
    *,
    find: Callable[[Address, Address], Owner | None] | None = owner_of if sys.platform == "linux" else None,
    own: int | None = None,
    release: str | None = None,
) -> bool:
    """Whether the process at the other end of this connection belongs to another user, root aside; False where the
    system does not tell. `release` is that of the kernel.
    """
    if client is None or server is None or find is None:
        return False
    try:
        if find(server, client) is None:
            return False  # not even our own end is known
        owner = find(client, server)
    except OSError:
        return False
    if owner is None:  # gone; or, by WSL's mirrored network, on the Windows around us
        return "microsoft" not in (os.uname().release if release is None else release).lower()
    user, inode = owner
    return user not in (0, os.geteuid() if own is None else own) or inode == 0


def _spelled(family: socket.AddressFamily, address: Address) -> bytes:
    return socket.inet_pton(family, address[0]).ljust(16, b"\0")
