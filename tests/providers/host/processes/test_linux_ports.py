"""The sockets that listen: asked of the kernel, and read from its tables."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from providers.host.processes.linux_ports import ListeningSockets, Socket, diagnosed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")


@pytest.fixture
def listening() -> Iterator[dict[bytes, int]]:
    """Many, and one that is connected."""
    with ExitStack() as stack:
        found = {}
        for host, family in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
            for _ in range(300):
                try:
                    each = stack.enter_context(socket.create_server((host, 0), family=family))
                except OSError:  # a machine without IPv6
                    break
                found[os.readlink(f"/proc/self/fd/{each.fileno()}").encode()] = each.getsockname()[1]
        stack.enter_context(socket.create_connection(("127.0.0.1", next(iter(found.values())))))
        yield found


def test_the_kernel_and_its_tables_name_the_same(listening: dict[bytes, int]) -> None:
    try:
        diagnosed()
    except OSError:
        pytest.skip("this kernel cannot be asked")
    asked = ListeningSockets("/nothing", os.geteuid(), diagnosed).read()
    listed = ListeningSockets("/proc", os.geteuid(), None).read()
    for found in (asked, listed):
        assert {link: port for link, port in found.items() if link in listening} == listening


def test_others_are_left_out() -> None:
    sockets = ListeningSockets("/nothing", 7, lambda: [(80, 7, 1), (81, 8, 2)])
    assert sockets.read() == {b"socket:[1]": 80}


def test_the_answer_is_the_same_object_while_nothing_changes() -> None:
    answer: list[Socket] = [(80, 7, 1)]
    sockets = ListeningSockets("/nothing", 7, lambda: answer)
    first = sockets.read()
    assert sockets.read() is first
    answer.append((81, 7, 2))
    assert sockets.read() is not first


def test_a_kernel_that_cannot_be_asked_is_asked_once(listening: dict[bytes, int]) -> None:
    asked = []

    def refuse() -> list[Socket]:
        asked.append(1)
        raise PermissionError("not here")

    sockets = ListeningSockets("/proc", os.geteuid(), refuse)
    for _ in range(2):
        assert listening.items() <= sockets.read().items()
    assert len(asked) == 1
