"""The page that a person has running already: a second start leads to it.

The state folder, which only its owner enters, has its place and token as long as it runs.
"""

from __future__ import annotations

import http.client
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from providers.domain import typed
from providers.host.atomic import write_whole
from providers.host.files import read_small
from tray.faces.page.place import PagePlace

FILE = "dashboard.json"
_LARGEST = 4096
_SECONDS = 2.0


class Running(Struct, frozen=True, kw_only=True):
    """`name` is what its `/health` calls this start."""

    pid: int
    name: str
    host: str
    port: int
    token: str

    @property
    def place(self) -> PagePlace:
        return PagePlace(self.host, self.port)

    @property
    def address(self) -> str:
        """With which the person gets in."""
        return f"{self.place.origin}/?token={self.token}"


def write(state: Path, running: Running) -> None:
    """Raises OSError."""
    write_whole(state / FILE, msgspec.json.encode(running))


def remove(state: Path, name: str) -> None:
    """What this start wrote; never raises."""
    found = _read(state)
    if found is not None and found.name == name:
        with suppress(OSError):
            os.unlink(state / FILE)


def find(state: Path) -> Running | None:
    """The page that answers; None where there is none."""
    found = _read(state)
    if found is None:
        return None
    answer = _get(found.place, "/health")[1]
    with suppress(ValueError):
        health: Any = json.loads(answer)
        if isinstance(health, dict) and health.get("start") == found.name:
            return found
    return None


def new_ticket(running: Running) -> str | None:
    """A token for a single use: others can read the command line of a browser. None if it does not answer."""
    _, _, cookie = _get(running.place, f"/?token={running.token}")
    status, body, _ = _get(running.place, "/api/ticket", cookie=cookie.partition(";")[0])
    with suppress(ValueError, KeyError, TypeError):
        return str(json.loads(body)["ticket"]) if status == 200 else None
    return None


def _read(state: Path) -> Running | None:
    with suppress(OSError, msgspec.MsgspecError):
        found = typed.json_decode(read_small(state / FILE, _LARGEST), Running)
        if found.host in ("127.0.0.1", "::1") or found.host.startswith("127."):
            return found
    return None


def _get(place: PagePlace, target: str, cookie: str = "") -> tuple[int, bytes, str]:
    """Status, body and cookie of its answer; 0 if there is none."""
    connection = http.client.HTTPConnection(place.host, place.port, timeout=_SECONDS)
    try:
        connection.request("GET", target, headers={"Cookie": cookie} if cookie else {})
        answer = connection.getresponse()
        return answer.status, answer.read(_LARGEST), answer.getheader("Set-Cookie") or ""
    except (OSError, http.client.HTTPException):
        return 0, b"", ""
    finally:
        connection.close()
