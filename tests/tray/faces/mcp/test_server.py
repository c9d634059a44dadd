"""The server as a process, and its calls."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import tray
from tests.programs import started
from tests.tray.faces.mcp.test_protocol import META, line
from tests.tray.faces.published import ROOT, Folder
from tray.faces.mcp.children import Cancelled, Commands
from tray.faces.mcp.server import LONGEST_LINE, MOST_CALLS, Server


class Out(io.BytesIO):
    """What the client hears, each line when it comes."""

    def __init__(self) -> None:
        super().__init__()
        self.came = threading.Condition()

    def flush(self) -> None:
        with self.came:
            self.came.notify_all()

    @property
    def messages(self) -> list[Any]:
        return [json.loads(each) for each in self.getvalue().splitlines()]

    def wait(self, count: int) -> list[Any]:
        with self.came:
            assert self.came.wait_for(lambda: len(self.getvalue().splitlines()) >= count, 20)
        return self.messages


class Tool:
    """One that answers when it is let, or when its call is cancelled."""

    def __init__(self) -> None:
        self.let = threading.Event()
        self.began = threading.Semaphore(0)
        self.cancelled = threading.Event()

    def __call__(self, name: str, arguments: dict[str, Any], commands: Commands) -> dict[str, Any]:
        self.began.release()
        while not self.let.wait(0.005):
            if commands.is_cancelled:
                self.cancelled.set()
                raise Cancelled
        return {"content": [], "isError": False}


def call(ident: Any = 1, name: str = "limits", **params: Any) -> bytes:
    return line("tools/call", ident, params={"name": name, **params})


def test_other_requests_are_answered_while_a_tool_works() -> None:
    out, tool = Out(), Tool()
    server = Server(out, tool)
    server.take(call(1))
    server.take(line("ping", 2))
    assert [each["id"] for each in out.wait(1)] == [2]
    tool.let.set()
    assert [each["id"] for each in out.wait(2)] == [2, 1]


def test_a_call_that_is_cancelled_is_not_answered() -> None:
    out, tool = Out(), Tool()
    server = Server(out, tool)
    server.take(call(7))
    assert tool.began.acquire(timeout=20)
    server.take(line("notifications/cancelled", None, params={"requestId": 8}))
    server.take(line("notifications/cancelled", None, params={"requestId": 7, "reason": "enough"}))
    assert tool.cancelled.wait(20)
    server.linger(20)
    server.take(line("ping", 9))
    assert [each["id"] for each in out.messages] == [9]


def test_an_answer_that_comes_after_the_cancellation_is_not_sent() -> None:
    began, let = threading.Event(), threading.Event()

    def deaf(*_: Any) -> dict[str, Any]:
        began.set()
        assert let.wait(20)
        return {"content": []}

    out = Out()
    server = Server(out, deaf)
    server.take(call(7))
    assert began.wait(20)
    server.take(line("notifications/cancelled", None, params={"requestId": 7}))
    let.set()
    server.linger(20)
    assert out.messages == []


@pytest.mark.parametrize("ident", [[1], {}, None, 1.5])
def test_a_cancellation_of_nothing_is_ignored(ident: Any) -> None:
    out = Out()
    Server(out).take(line("notifications/cancelled", None, params={"requestId": ident}))
    assert out.messages == []


def test_an_id_that_is_in_use_and_too_many_calls_are_refused() -> None:
    out, tool = Out(), Tool()
    server = Server(out, tool)
    for ident in range(MOST_CALLS):
        server.take(call(ident))
    server.take(call(0))
    server.take(call("more"))
    codes = [(each["id"], each["error"]["code"]) for each in out.wait(2)]
    assert codes == [(0, -32600), ("more", -32603)]
    tool.let.set()
    server.linger(20)
    assert len(out.messages) == 2 + MOST_CALLS
    server.take(call("again"))
    assert out.wait(3 + MOST_CALLS)[-1]["id"] == "again"


def test_the_calls_of_a_client_that_leaves_are_ended() -> None:
    out, tool = Out(), Tool()
    server = Server(out, tool)
    server.take(call())
    assert tool.began.acquire(timeout=20)
    server.linger(0.01)
    server.close()
    assert tool.cancelled.wait(20)


def test_a_fault_of_ours_is_an_error_without_its_values(capsys: pytest.CaptureFixture[str]) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("secret")

    out = Out()
    Server(out, broken).take(call())
    assert out.wait(1)[0]["error"] == {"code": -32603, "message": "Internal error"}
    assert "RuntimeError" in (errors := capsys.readouterr().err)
    assert "secret" not in errors


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, -32602),
        ({"name": 5}, -32602),
        ({"name": "nope"}, -32602),
        ({"name": "limits", "arguments": [1]}, -32602),
    ],
)
def test_a_call_of_no_tool(params: dict[str, Any], code: int) -> None:
    out = Out()
    Server(out).take(line("tools/call", 1, params=params))
    assert out.messages[0]["error"]["code"] == code


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"day": 3}, "There is no argument 'day'. The arguments are days, by, provider."),
        ({"days": "3"}, "`days` must be of type integer."),
        ({"days": True}, "`days` must be of type integer."),
        ({"days": 0}, "`days` must be from 1 to 366."),
        ({"by": "colour"}, "`by` must be one of model, day, week, month, project."),
        ({"by": ["day"]}, "`by` must be of type string."),
        ({"provider": None}, "`provider` must be of type string."),
        ({"provider": "a\0b"}, "`provider` must be a short name."),
        ({"provider": "\ud800"}, "`provider` must be a short name."),
        ({"provider": "x" * 200_000}, "`provider` must be a short name."),
    ],
)
def test_wrong_arguments_are_for_the_agent_to_read(arguments: dict[str, Any], says: str) -> None:
    out = Out()
    Server(out).take(call(name="cost", arguments=arguments))
    result = out.wait(1)[0]["result"]
    assert (result["isError"], result["content"]) == (True, [{"type": "text", "text": says}])


def test_a_client_that_is_gone_ends_nothing() -> None:
    out = Out()
    out.close()
    Server(out).take(line("ping"))


# --- as a process --------------------------------------------------------------------------------------------


@contextmanager
def running(folder: Folder, *code: str) -> Iterator[subprocess.Popen[bytes]]:
    """`tankful mcp`, or a program that runs it."""
    command = [sys.executable, *(("-c", *code) if code else ("-m", "tray.cli", "mcp"))]
    pipe = subprocess.PIPE
    with started(command, env=folder.environ, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        yield process


def answers(folder: Folder, *lines: bytes) -> list[Any]:
    """What a client hears that says all this and leaves."""
    with running(folder) as process:
        out, errors = process.communicate(b"\n".join(lines) + b"\n", timeout=60)
    assert (process.returncode, errors) == (0, b"")
    return [json.loads(each) for each in out.splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    made.publish(made.account(made.window(40)), made.account(made.window(75), provider="claude"))
    return made


def test_it_ends_when_the_client_closes_its_end(folder: Folder) -> None:
    assert answers(folder, b"") == []
    found = answers(folder, line("initialize", params={"protocolVersion": "2025-06-18"}), b"", b"  ", call(2))
    assert [each["id"] for each in found] == [1, 2]
    windows = found[1]["result"]["structuredContent"]["accounts"][0]["windows"]
    assert windows[0]["left_percent"] == 60.0
    assert json.loads(found[1]["result"]["content"][0]["text"]) == found[1]["result"]["structuredContent"]


def test_a_stateless_client_is_told_who_answers(folder: Folder) -> None:
    (found,) = answers(folder, call(1, _meta=META))
    assert found["result"]["resultType"] == "complete"
    assert found["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "tankful"


def test_a_line_that_is_too_long_costs_no_other(folder: Folder) -> None:
    long = line("ping", 1, params={"text": "x" * (3 * LONGEST_LINE)})
    found = answers(folder, long, line("ping", 2), b"nonsense", line("ping", 3))
    assert [(each["id"], "error" in each) for each in found] == [
        (None, True),
        (2, False),
        (None, True),
        (3, False),
    ]


def test_the_last_line_needs_no_end(folder: Folder) -> None:
    with running(folder) as process:
        out, _ = process.communicate(line("ping", 5), timeout=60)
    assert json.loads(out)["id"] == 5


def test_nothing_but_answers_reaches_the_client(folder: Folder) -> None:
    code = (
        "import os\n"
        "from tray.faces.mcp import server\n"
        "def call(*arguments):\n"
        "    print('a stray line')\n"
        "    os.system('echo another')\n"
        "    return {'content': []}\n"
        "server.Server.__init__.__defaults__ = (call,)\n"
        "server.serve()\n"
    )
    with running(folder, code) as process:
        out, errors = process.communicate(call() + b"\n", timeout=60)
    assert [json.loads(each)["id"] for each in out.splitlines()] == [1]
    assert b"another" in errors


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_it_without_a_traceback(folder: Folder, number: int, code: int) -> None:
    with running(folder) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line("ping") + b"\n")
        process.stdin.flush()
        process.stdout.readline()
        os.kill(process.pid, number)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (code, b"")


def test_a_client_that_reads_no_more(folder: Folder) -> None:
    with running(folder) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.close()
        process.stdin.write((line("ping") + b"\n") * 3)
        process.stdin.close()
        assert process.wait(timeout=30) == 0


def test_with_an_argument_it_shows_how_it_is_used(folder: Folder) -> None:
    assert "codex mcp add tankful" in folder.run("mcp", "--help")
    folder.run("mcp", "--port", "5", code=64)


def test_it_starts_with_the_standard_library_alone() -> None:
    code = (
        "import sys; from tray.faces.mcp import server\n"
        "outside = {name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names\n"
        "assert outside <= {'__main__', 'tray', 'providers'}, outside\n"
        "assert not {'subprocess', 'argparse', 'typing', 'logging'} & set(sys.modules), sys.modules\n"
    )
    subprocess.run(
        [sys.executable, "-S", "-c", code],
        check=True,
        env={"PYTHONPATH": str(Path(tray.__file__).parents[1])},
    )
