"""`tankful dashboard` as a program: what it prints, whom it gives way to, how soon it ends."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from tests.programs import ROOT, started
from tests.tray.faces.page.asking import scope_in
from tools.example_sessions import APPROVAL, WORKING
from tray.cli.dashboard import CANNOT_BRING, _bring_to_front, _obey
from tray.desktop.terminals.front import FoundTerminal
from tray.engine.costs import Costs
from tray.faces.page import running
from tray.faces.page.forms import FormRefused
from tray.faces.page.place import PagePlace, bound, listen
from tray.faces.page.service import PageService


def environ(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    homes = {"CODEX_HOME": str(folder / "codex"), "CLAUDE_CONFIG_DIR": str(folder / "claude")}
    return {**kept, **homes, "HOME": str(folder), "TANKFUL_HOME": str(folder / "own"), **more}


PATIENT = "from tray.faces.page import server; server.GRACE_SECONDS = 60; from tray.cli import __main__"
"""Waits that long at its end for whoever does not end an answer."""


@contextmanager
def dashboard(
    folder: Path, *arguments: str, program: Sequence[str] = ("-m", "tray.cli"), **more: str
) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, *program, "dashboard", "--no-open", *arguments]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with started(command, text=True, cwd=ROOT, env=environ(folder, **more), **pipes) as process:
        yield process


def address_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def cookie_of(address: str) -> tuple[str, str]:
    """The host and the cookie that the address gives."""
    parts = urlsplit(address)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=20)) as connection:
        connection.request("GET", f"/?{parts.query}")
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 303
        return parts.netloc, (answer.getheader("Set-Cookie") or "").partition(";")[0]


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_an_address_that_answers_and_ends_at_once(tmp_path: Path, number: int) -> None:
    with dashboard(tmp_path, "--port", "0", program=("-c", PATIENT)) as process:
        host, cookie = cookie_of(address_of(process))
        connection = http.client.HTTPConnection(host, timeout=20)
        connection.request("GET", "/events?tab=a&seen=x", headers={"Cookie": cookie})
        stream = connection.getresponse()
        assert stream.status == 200
        stream.readline()
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        assert process.wait(20) == 0  # after 0.2 s on a machine with nothing else to do
        stream.close()
        connection.close()
    assert process.stderr is not None
    assert psutil.wait_procs(children, timeout=10)[1] == []
    assert not (tmp_path / "own/state" / running.FILE).exists()


def test_a_second_start_leads_to_the_first_one(tmp_path: Path) -> None:
    with dashboard(tmp_path, "--port", "0") as first:
        address = address_of(first)
        with dashboard(tmp_path) as second:
            out, err = second.communicate(timeout=20)
            assert (out.strip(), second.returncode) == (address, 0)
            assert "open already" in err


def test_a_port_in_use_names_who_has_it_and_one_that_is_free(tmp_path: Path) -> None:
    with listen(PagePlace(port=0)) as taken:
        port = bound(taken).port
        with dashboard(tmp_path, "--port", str(port)) as process:
            out, err = process.communicate(timeout=20)
    assert (out, process.returncode) == ("", 1)
    assert f"Port {port} is in use by " in err
    assert f"(process {os.getpid()})" in err
    assert "Try `tankful dashboard --port " in err


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("TANKFUL_DASHBOARD_HOST", "0.0.0.0", "this machine alone"),
        ("TANKFUL_DASHBOARD_PORT", "many", "must be a number from 0 to 65535"),
    ],
)
def test_a_place_that_is_not_meant_is_refused(
    tmp_path: Path, variable: str, value: str, sentence: str
) -> None:
    with dashboard(tmp_path, **{variable: value}) as process:
        out, err = process.communicate(timeout=20)
    assert (out, process.returncode) == ("", 1)
    assert sentence in err


def test_it_writes_a_file_and_serves_nothing(tmp_path: Path) -> None:
    with dashboard(tmp_path, "--html", str(tmp_path / "page.html")) as process:
        out, err = process.communicate(timeout=60)
    assert (out, err, process.returncode) == ("", "", 0)
    assert "</html>" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize(("file", "sentence"), [(".", "cannot be written"), ("", "needs the name of a file")])
def test_a_file_that_cannot_be_written_is_a_sentence(tmp_path: Path, file: str, sentence: str) -> None:
    with dashboard(tmp_path, "--html", file) as process:
        out, err = process.communicate(timeout=60)
    assert (out, process.returncode) == ("", 1)
    assert "internal error" not in err
    assert sentence in err


def test_libraries_and_sums_of_the_page_are_imported_by_nothing_else() -> None:
    code = (
        "import sys; import tray.cli.tray, tray.desktop.app, tray.cli.usage, tray.cli.dashboard;"
        "heavy = ('starlette', 'uvicorn', 'jinja2', 'anyio', 'providers.ledger.rollup');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_one_that_ends_answers_no_tray(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scope, opened = scope_in(tmp_path), list[str]()
    service = PageService(scope, Costs(scope), listen(PagePlace("127.0.0.1", 0)), watches=False)
    with closing(service._listener):
        for said in ("ready\n", ""):
            monkeypatch.setattr(sys, "stdin", StringIO("open\n"))
            _obey(service, lambda: opened.append("page"))
            assert capsys.readouterr().out == said
    assert opened == ["page"]


def test_a_session_is_brought_to_the_front_where_it_can_be() -> None:
    found = FoundTerminal(names=("tmux", "kitty"), is_raised=True)
    assert _bring_to_front(APPROVAL, lambda _: found) == "It is at the front now, in tmux inside kitty."
    assert _bring_to_front(APPROVAL, lambda _: FoundTerminal(names=("tmux",))).startswith(
        "It is selected in tmux;"
    )
    with pytest.raises(FormRefused, match=CANNOT_BRING):
        _bring_to_front(WORKING)  # whose process is not certain
