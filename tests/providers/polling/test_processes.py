"""What several processes do to a server that all of them want to ask, and what one leaves that was killed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.fake_chatgpt import FakeChatGPT, fake_chatgpt, says, usage, waits_for
from tests.homes import auth, make_home
from tests.programs import started

ASK = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from providers.codex.descriptor import CODEX
from providers.polling.account_store import AccountStore
from providers.polling.accounts import take_usage
account, = take_usage((CODEX,), os.environ, AccountStore(Path(sys.argv[1])), lambda: datetime.now(UTC)).accounts
print(*(lane.value.id for lane in account.windows))
"""


@pytest.fixture
def server() -> Iterator[FakeChatGPT]:
    with fake_chatgpt() as fake:
        yield fake


def start(home: Path, state: Path) -> AbstractContextManager[subprocess.Popen[str]]:
    return started(
        [sys.executable, "-c", ASK, str(state)],
        env={**os.environ, "CODEX_HOME": str(home)},
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    )


def signed_in(folder: Path, server: FakeChatGPT) -> Path:
    return make_home(folder, auth(expires=datetime(2100, 1, 1, tzinfo=UTC)), base=server.base)


def test_many_processes_at_once_make_one_request(tmp_path: Path, server: FakeChatGPT) -> None:
    def slowly(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(1.5)
        says(usage())(handler)

    server.answer = slowly
    home = signed_in(tmp_path / "home", server)
    with ExitStack() as stack:
        asking = [stack.enter_context(start(home, tmp_path / "state")) for _ in range(6)]
        outputs = [process.communicate(timeout=60)[0].split() for process in asking]
    assert len(server.requests) == 1
    # Nobody had anything to show, so all of them waited for the answer.
    assert outputs == [["session", "weekly"]] * 6


def test_a_process_that_was_killed_while_it_asked_has_asked(tmp_path: Path, server: FakeChatGPT) -> None:
    done = threading.Event()
    server.answer = waits_for(done)
    home = signed_in(tmp_path / "home", server)
    with start(home, tmp_path / "state") as first:
        deadline = time.monotonic() + 30
        while not server.requests and time.monotonic() < deadline:
            time.sleep(0.02)
        first.kill()
    done.set()
    assert len(server.requests) == 1
    server.answer = says(usage())
    with start(home, tmp_path / "state") as second:
        assert second.communicate(timeout=60)[0].split() == []
    assert second.returncode == 0
    assert len(server.requests) == 1
