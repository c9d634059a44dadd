"""The TCP sockets that listen, by the kernel's tables."""

from __future__ import annotations

from collections.abc import Mapping

_BLOCK = 1 << 16
_MOST_BLOCKS = 16
_LISTENS = b"0A"


class ListeningSockets:
    """Those of one user in the network namespace of this process."""

    def __init__(self, root: str, uid: int) -> None:
        self._tables = (f"{root}/net/tcp", f"{root}/net/tcp6")
        self._uid = b"%d" % uid
        self._found: Mapping[bytes, int] = {}

    def read(self) -> Mapping[bytes, int]:
        """What a file descriptor that leads to one says (`socket:[123]`), and its port; the same object as
        before while nothing changes.
        """
        found: dict[bytes, int] = {}
        for path in self._tables:
            for line in _listening(path):
                # sl, local address, remote one, state, queues, timer, retransmits, uid, timeout, inode
                fields = line.split(None, 10)
                if len(fields) > 9 and fields[3] == _LISTENS and fields[7] == self._uid:
                    found[b"socket:[%s]" % fields[9]] = int(fields[1].rpartition(b":")[2], 16)
        if found != self._found:
            self._found = found
        return self._found


def _listening(path: str) -> list[bytes]:
    """The first lines of a table. Those that listen come first, and a busy server has many thousands of others."""
    content = b""
    try:
        with open(path, "rb", buffering=0) as file:
            for _ in range(_MOST_BLOCKS):
                block = file.read(_BLOCK)
                content += block
                if not block or not _ends_listening(block):
                    break
    except OSError:
        return []
    return content.split(b"\n")[1:]


def _ends_listening(block: bytes) -> bool:
    """Whether its last whole line is of one that listens."""
    lines = block.rsplit(b"\n", 2)
    return len(lines) < 3 or lines[-2].split(None, 4)[3:4] == [_LISTENS]
