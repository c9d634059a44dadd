"""psutil as it is on another system: a list of processes, with what each may be asked."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any


class FakePsutilError(Exception):
    """What psutil raises where access is denied."""


class FakeProcess:
    """`denied` are the questions that it does not answer."""

    def __init__(
        self, pid: int, ppid: int = 1, name: str = "node", started: float = 5.0, uid: int = 501
    ) -> None:
        self.pid = pid
        self.about: dict[str, Any] = {
            "ppid": ppid,
            "name": name,
            "create_time": started,
            "uids": SimpleNamespace(real=uid, effective=uid),
        }
        self.answers: dict[str, Any] = {
            "cmdline": [name, "-x"],
            "environ": {"A": "1"},
            "cwd": "/Users/dev",
            "memory_info": SimpleNamespace(rss=4096),
            "net_connections": [],
        }
        self.denied: set[str] = set()
        self.is_there = True
        self.asked: list[str] = []

    def is_running(self) -> bool:
        return self.is_there

    def as_dict(self, attributes: Sequence[str]) -> dict[str, Any]:
        self.asked.append("as_dict")
        return {name: self.about[name] for name in attributes}

    def _answer(self, question: str) -> Any:
        self.asked.append(question)
        if question in self.denied:
            raise FakePsutilError(question)
        return self.answers[question]

    def cmdline(self) -> Any:
        return self._answer("cmdline")

    def environ(self) -> Any:
        return self._answer("environ")

    def cwd(self) -> Any:
        return self._answer("cwd")

    def memory_info(self) -> Any:
        return self._answer("memory_info")

    def net_connections(self, kind: str) -> Any:
        assert kind == "tcp"
        return self._answer("net_connections")


class FakePsutil:
    """The module."""

    Error = FakePsutilError

    def __init__(self, *processes: FakeProcess) -> None:
        self.processes = list(processes)
        self.connections: list[Any] | None = None

    def pids(self) -> list[int]:
        return [each.pid for each in self.processes]

    def Process(self, pid: int) -> FakeProcess:  # noqa: N802 - its name there
        for each in self.processes:
            if each.pid == pid and each.is_there:
                return each
        raise FakePsutilError(pid)

    def net_connections(self, kind: str) -> list[Any]:
        assert kind == "tcp"
        if self.connections is None:
            raise FakePsutilError("net_connections")
        return self.connections


def connection(port: int, status: str = "LISTEN", pid: int | None = None) -> Any:
    return SimpleNamespace(laddr=SimpleNamespace(ip="127.0.0.1", port=port), status=status, pid=pid)
