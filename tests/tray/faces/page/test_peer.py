"""Whose a connection is."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from contextlib import closing

import pytest

from tray.faces.page.peer import Address, Owner, is_foreign, owner_of

SERVER, CLIENT = ("127.0.0.1", 8765), ("127.0.0.1", 40000)
OWN, OTHER = 1000, 1001
OURS = (OWN, 6)
WSL = "6.6.87.2-microsoft-standard-WSL2"

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="sock_diag")


def known(ours: Owner | None, theirs: Owner | None) -> Callable[[Address, Address], Owner | None]:
    return lambda local, _remote: ours if local == SERVER else theirs


@pytest.mark.parametrize(
    ("theirs", "foreign"),
    [
        ((OWN, 7), False),
        ((OTHER, 7), True),
        ((0, 7), False),  # root reads everything anyway
        ((OWN, 0), True),  # it has closed its end
        ((0, 0), True),
        (None, True),
    ],
)
def test_the_owner_of_the_other_end_decides(theirs: Owner | None, foreign: bool) -> None:
    assert is_foreign(CLIENT, SERVER, find=known(OURS, theirs), own=OWN, release="6.12.1") is foreign


@pytest.mark.parametrize(("theirs", "foreign"), [(None, False), ((OTHER, 7), True)])
def test_a_browser_on_the_windows_around_wsl_is_no_other_user(theirs: Owner | None, foreign: bool) -> None:
    assert is_foreign(CLIENT, SERVER, find=known(OURS, theirs), own=OWN, release=WSL) is foreign


def test_where_the_system_does_not_tell_nobody_is_judged() -> None:
    def fails(_local: Address, _remote: Address) -> Owner | None:
        raise PermissionError

    assert not is_foreign(CLIENT, SERVER, find=None)
    assert not is_foreign(CLIENT, SERVER, find=fails)
    assert not is_foreign(None, SERVER, find=known(OURS, (OTHER, 7)))
    assert not is_foreign(CLIENT, SERVER, find=known(None, None), own=OWN)


@on_linux
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_a_real_connection(host: str) -> None:
    six = host == "::1"
    address = ("::1" if six else "127.0.0.1", 0)
    family = socket.AF_INET6 if six else socket.AF_INET
    with socket.create_server(address, family=family) as server:
        with closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)) as client:
            client.connect((host, server.getsockname()[1]))
            accepted = server.accept()[0]
            here, there = accepted.getsockname()[:2], accepted.getpeername()[:2]
            assert not is_foreign(there, here)
            assert owner_of(there, here) == (os.geteuid(), os.fstat(client.fileno()).st_ino)
        with accepted:
            assert is_foreign(there, here)  # closed since


@on_linux
def test_a_connection_that_is_not_there_has_no_owner() -> None:
    assert owner_of(("127.0.0.1", 1), ("127.0.0.1", 2)) is None
