"""A mouse for a compositor that has none, as a headless one: zwlr_virtual_pointer_v1, spoken to its socket.

It is there for as long as the object lives: a program that saw a mouse come keeps it.
"""

from __future__ import annotations

import socket
import struct
import time
from pathlib import Path
from typing import Self

_DISPLAY, _REGISTRY, _SYNC, _MANAGER, _POINTER = 1, 2, 3, 4, 5  # objects, by the numbers we give them
_MANAGER_NAME = b"zwlr_virtual_pointer_manager_v1"
_BUTTONS = {1: 0x110, 2: 0x112, 3: 0x111}  # X's number → the kernel's: left, middle, right
_PATIENCE = 5.0


class WaylandPointer:
    def __init__(self, display: Path, width: int, height: int) -> None:
        """`display` is the compositor's socket, `width` and `height` those of its output in its own units."""
        self._size = width, height
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(_PATIENCE)
        try:
            self._socket.connect(str(display))
            self._send(_DISPLAY, 1, struct.pack("=I", _REGISTRY))  # get_registry
            self._send(_DISPLAY, 0, struct.pack("=I", _SYNC))
            self._send(_REGISTRY, 0, self._bind())
            self._send(_MANAGER, 0, struct.pack("=II", 0, _POINTER))  # create_virtual_pointer, on any seat
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.close()

    def move(self, x: int, y: int) -> None:
        self._send(_POINTER, 1, struct.pack("=5I", _now(), x, y, *self._size))  # motion_absolute
        self._send(_POINTER, 4)  # frame

    def click(self, x: int, y: int, button: int = 1) -> None:
        self.move(x, y)
        for pressed in (1, 0):
            self._send(_POINTER, 2, struct.pack("=3I", _now(), _BUTTONS[button], pressed))
            self._send(_POINTER, 4)

    def _bind(self) -> bytes:
        """The arguments of `bind` for the manager, by the number under which the registry announces it."""
        while True:
            sender, opcode, body = self._receive()
            if sender == _SYNC:
                raise AssertionError("the compositor takes no virtual pointer")
            if (sender, opcode) == (_REGISTRY, 0):
                number, length = struct.unpack_from("=II", body)
                name = body[8 : 7 + length]
                if name == _MANAGER_NAME:
                    text = name + b"\0" * (4 - len(name) % 4)
                    return struct.pack(f"=II{len(text)}sII", number, len(name) + 1, text, 1, _MANAGER)

    def _send(self, receiver: int, opcode: int, body: bytes = b"") -> None:
        self._socket.sendall(struct.pack("=II", receiver, (8 + len(body)) << 16 | opcode) + body)

    def _receive(self) -> tuple[int, int, bytes]:
        sender, rest = struct.unpack("=II", self._exactly(8))
        return sender, rest & 0xFFFF, self._exactly((rest >> 16) - 8)

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self._socket.recv(count - len(data))
            if not more:
                raise AssertionError("the compositor closed the connection")
            data += more
        return data


def _now() -> int:
    return int(time.monotonic() * 1000) & 0xFFFFFFFF
