"""A SOCKS proxy on loopback: a real server of SOCKS 4, 4a and 5, which connects everybody to one server."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import IO


class FakeSocks:
    """`asked` are the names or addresses, with their ports, that it was asked to connect to; `reply` is its answer
    (SOCKS 5: 0 for yes), `login` what it asks for, `silent` keeps it from saying anything at all.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[tuple[str, int]] = []
        self.reply = 0
        self.login: tuple[str, str] | None = None
        self.silent = threading.Event()
        self.done = threading.Event()


@contextmanager
def fake_socks(server_port: int) -> Iterator[FakeSocks]:
    """Whatever it is asked for, the connection is to that port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as taker, ExitStack() as callers:
        fake = FakeSocks(taker.getsockname()[1])
        threads: list[threading.Thread] = []

        def take() -> None:
            while not fake.done.is_set():
                with suppress(OSError):
                    caller = callers.enter_context(taker.accept()[0])
                    if fake.done.is_set():
                        return
                    threads.append(threading.Thread(target=_serve, args=(fake, caller, server_port)))
                    threads[-1].start()

        first = threading.Thread(target=take)
        first.start()
        try:
            yield fake
        finally:
            fake.done.set()
            socket.create_connection(("127.0.0.1", fake.port)).close()  # so that it stops taking any
            first.join()
            for thread in threads:
                thread.join()


def _serve(fake: FakeSocks, caller: socket.socket, server_port: int) -> None:
    if fake.silent.is_set():
        fake.done.wait(30)
        return
    with suppress(OSError, EOFError, struct.error), caller.makefile("rb") as reads:
        (version,) = _taken(reads, 1)
        opened = _five(fake, caller, reads) if version == 5 else _four(fake, caller, reads)
        if opened:
            with socket.create_connection(("127.0.0.1", server_port)) as server:
                _joined(caller, server)
    with suppress(OSError):
        caller.shutdown(socket.SHUT_RDWR)


def _five(fake: FakeSocks, caller: socket.socket, reads: IO[bytes]) -> bool:
    methods = _taken(reads, _taken(reads, 1)[0])
    if fake.login is not None:
        if 2 not in methods:
            caller.sendall(b"\x05\xff")
            return False
        caller.sendall(b"\x05\x02")
        _taken(reads, 1)
        given = tuple(_taken(reads, _taken(reads, 1)[0]).decode() for _ in range(2))
        caller.sendall(b"\x01\x00" if given == fake.login else b"\x01\x01")
        if given != fake.login:
            return False
    else:
        caller.sendall(b"\x05\x00")
    kind = _taken(reads, 4)[3]
    if kind == 3:
        name = _taken(reads, _taken(reads, 1)[0]).decode()
    else:
        name = socket.inet_ntop(
            *((socket.AF_INET, _taken(reads, 4)) if kind == 1 else (socket.AF_INET6, _taken(reads, 16)))
        )
    fake.asked.append((name, struct.unpack(">H", _taken(reads, 2))[0]))
    caller.sendall(bytes((5, fake.reply, 0, 1)) + bytes(6))
    return fake.reply == 0


def _four(fake: FakeSocks, caller: socket.socket, reads: IO[bytes]) -> bool:
    _, port, address = struct.unpack(">BH4s", _taken(reads, 7))
    _text(reads)
    name = _text(reads) if address[:3] == bytes(3) else socket.inet_ntoa(address)
    fake.asked.append((name, port))
    caller.sendall(bytes((0, 0x5B if fake.reply else 0x5A)) + bytes(6))
    return fake.reply == 0


def _taken(reads: IO[bytes], count: int) -> bytes:
    found = reads.read(count)
    if len(found) < count:
        raise EOFError
    return found


def _text(reads: IO[bytes]) -> str:
    found = b""
    while (one := _taken(reads, 1)) != b"\0":
        found += one
    return found.decode()


def _joined(one: socket.socket, other: socket.socket) -> None:
    def copy(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=copy, args=(other, one))
    thread.start()
    copy(one, other)
    thread.join()
