"""Inputs that people reported: small homes and answers in `fixtures/reports`, laid out for one run of tankful.

    fixtures/reports/NAME/home/…    becomes HOME, beside logins to Codex and Claude Code that are 25 hours old
    fixtures/reports/NAME/*.json    what the server answers, or what goes to standard input

What must be of the present stands there as a placeholder, in JSON, TOML and logs alike:

    "@now+60@"                 the number of that moment's epoch seconds
    @epoch+60@, @iso+60@       the same moment as text
    @letters:300000@           so many letters
    @base@                     the address of the server
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests import fake_anthropic, homes
from tests.fake_chatgpt import FakeChatGPT, says
from tests.programs import started

FIXTURES = Path(__file__).parent / "fixtures/reports"
_PLACEHOLDER = re.compile(
    r'"@now(?P<number>[+-]\d+)@"|@epoch(?P<epoch>[+-]\d+)@|@iso(?P<iso>[+-]\d+)@'
    r"|@letters:(?P<letters>\d+)@|(?P<base>@base@)"
)
Environ = Mapping[str, str]
NOTHING: Environ = {}
_SIGNED_IN_FOR = timedelta(hours=25)


class Report:
    """One report, in a folder of its own. The person is signed in to both; `server` answers for both vendors."""

    def __init__(self, name: str, folder: Path, server: FakeChatGPT) -> None:
        self.name, self.server = name, server
        self.now = int(time.time())
        self.home = folder / "home"
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "TANKFUL_HOME": str(folder / "tankful"),
            "TANKFUL_CLAUDE_BASE_URL": server.url,
            "TZ": "UTC",
            "NO_COLOR": "1",
            "PYTHONWARNINGS": "error",
        } | {variable: os.environ[variable] for variable in ("SYSTEMROOT",) if variable in os.environ}
        server.resets = says({"available_count": 0, "credits": []})
        self.sign_in_codex(self.home / ".codex", homes.auth())
        self.sign_in_claude(self.home / ".claude")
        for file in self._files():
            target = self.home / file.relative_to(FIXTURES / name / "home")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(fill(file.read_text("utf-8"), self.now, server.base), "utf-8")

    def sign_in_codex(self, home: Path, login: Mapping[str, Any]) -> None:
        """A CODEX_HOME with this `auth.json`, which asks the server."""
        since = datetime.fromtimestamp(self.now, UTC) - _SIGNED_IN_FOR
        homes.make_home(home, {**login, "last_refresh": since.isoformat()}, base=self.server.base)

    def sign_in_claude(self, home: Path, **changes: Any) -> None:
        """A `.credentials.json` there; `changes` are members of its login."""
        now = datetime.fromtimestamp(self.now, UTC)
        home.mkdir(parents=True, exist_ok=True)
        login = fake_anthropic.login(expires=now + timedelta(hours=2), **changes)
        fake_anthropic.write(home / ".credentials.json", login, now - _SIGNED_IN_FOR)

    def answer(self, file: str = "answer.json", status: int = 200) -> None:
        """The server answers with this file from now on."""
        self.server.answer = says(self.read(file), status)

    def read(self, file: str) -> bytes:
        """A file of the report, its placeholders filled in."""
        text = (FIXTURES / self.name / file).read_text("utf-8")
        return fill(text, self.now, self.server.base).encode()

    def at(self, seconds: int) -> str:
        """The moment so many seconds from the report's present, as tankful writes it."""
        return _iso(self.now + seconds)

    def run(self, *arguments: str, stdin: bytes = b"", code: int = 0, environ: Environ = NOTHING) -> str:
        """What `tankful` prints."""
        with started(
            [sys.executable, "-m", "tray.cli", *arguments],
            env={**self.environ, **environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            output, errors = process.communicate(stdin, timeout=60)
        assert process.returncode == code, (output + errors).decode(errors="replace")
        return output.decode("utf-8")

    def accounts(
        self, provider: str, *arguments: str, code: int = 0, environ: Environ = NOTHING
    ) -> list[Any]:
        """The accounts of `tankful usage --json`."""
        printed = self.run("usage", "--json", "--provider", provider, *arguments, code=code, environ=environ)
        found: list[Any] = json.loads(printed)["providers"]
        return found

    def account(self, provider: str, *arguments: str, code: int = 0, environ: Environ = NOTHING) -> Any:
        (account,) = self.accounts(provider, *arguments, code=code, environ=environ)
        return account

    def cost(self, provider: str, *arguments: str, environ: Environ = NOTHING) -> Any:
        """What `tankful cost --json` says of the provider."""
        printed = self.run("cost", "--json", "--provider", provider, *arguments, environ=environ)
        return json.loads(printed)["providers"][provider]

    def _files(self) -> list[Path]:
        return [path for path in (FIXTURES / self.name / "home").rglob("*") if path.is_file()]


def fill(text: str, now: int, base: str = "") -> str:
    """The text with its placeholders as of `now` (epoch s)."""

    def value(found: re.Match[str]) -> str:
        given = found[found.lastgroup or 0]
        match found.lastgroup:
            case "number" | "epoch":
                return str(now + int(given))
            case "iso":
                return _iso(now + int(given))
            case "letters":
                return "A" * int(given)
            case _:
                return base

    return _PLACEHOLDER.sub(value, text)


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def windows(account: Any) -> dict[str, tuple[float, str | None]]:
    """Of each window by its id: what is used, and when it resets."""
    return {each["id"]: (each["used_percent"], each["resets_at"]) for each in account["windows"]}
