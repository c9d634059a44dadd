"""Whose a connection is."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from contextlib import closing

import pytest

from tray.faces.page.peer import TABLES, is_foreign

SERVER, CLIENT = ("127.0.0.1", 8765), ("127.0.0.1", 40000)
HERE, THERE = (
    ("0100007F:223D", "0100007F:9C40") if sys.byteorder == "little" else ("7F000001:223D", "7F000001:9C40")
)
MAPPED = "0000000000000000FFFF0000"
OWN, OTHER = 1000, 1001


def line(local: str, remote: str, owner: int, inode: int = 7) -> str:
    return (
        f"   0: {local} {remote} 01 00000000:00000000 00:00000000 00000000  {owner}        0 {inode} 1 0 20"
    )


def tables(*lines: str, six: tuple[str, ...] = ()) -> Callable[[str], str]:
    content = {TABLES[0]: ("heading", *lines), TABLES[1]: ("heading", *six)}
    return lambda name: "\n".join(content[name])


@pytest.mark.parametrize(
    ("read", "foreign"),
    [
        (tables(line(HERE, THERE, OWN), line(THERE, HERE, OWN)), False),
        (tables(line(HERE, THERE, OWN), line(THERE, HERE, OTHER)), True),
        (tables(line(HERE, THERE, OWN), line(THERE, HERE, 0)), False),  # root reads everything anyway
        (tables(line(HERE, THERE, OWN), line(THERE, HERE, 0, inode=0)), True),  # it has closed its end
        (tables(line(HERE, THERE, OWN)), True),
        (tables(line(HERE, THERE, OWN), six=(line(MAPPED + THERE, MAPPED + HERE, OTHER),)), True),
        (tables(line(HERE, THERE, OWN), six=(line(MAPPED + THERE, MAPPED + HERE, OWN),)), False),
        (tables(), False),  # a system that does not tell
        (tables("nonsense", "", "a b c d e f g h i j"), False),
    ],
)
def test_the_table_tells(read: Callable[[str], str], foreign: bool) -> None:
    assert is_foreign(CLIENT, SERVER, read=read, own=OWN) is foreign


def test_what_has_no_such_address_is_not_judged() -> None:
    assert not is_foreign(None, SERVER, read=tables(), own=OWN)
    assert not is_foreign(("::1", 1), ("::1", 2), read=tables(), own=OWN)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc/net/tcp")
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_real_connection(family: socket.AddressFamily) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, closing(socket.socket(family)) as client:
        port = server.getsockname()[1]
        client.connect(("127.0.0.1" if family == socket.AF_INET else "::ffff:127.0.0.1", port))
        with server.accept()[0] as accepted:
            assert not is_foreign(accepted.getpeername(), accepted.getsockname())
