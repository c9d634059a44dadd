"""Our hooks among those of a home, and whether Codex runs them.

Facts (0.171.0): hooks stand in `hooks.json` and in `config.toml`; one that the person has not trusted, or whose
entry was changed since, is skipped in silence. What is trusted is a hash of the entry, which only Codex can make:
so it is asked, in a temporary home with the same entries, and leaves the person's own home untouched.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from providers.codex.app_server.greeting import ARGUMENTS
from providers.codex.config import FILE_LIMIT, read_config
from providers.codex.program import Find, find_codex
from providers.codex.scratch_home import borrowing
from providers.domain.errors import NotUnderstood, ProviderError, TimedOut
from providers.domain.hook_line import Purpose, program_of, purpose_of, timeout_of
from providers.host.atomic import write_whole
from providers.host.files import read_small, short
from providers.host.process.child import Child, probe_folder
from providers.host.process.jsonrpc import Conversation, Ended, RpcRefused
from providers.source import Home, OwnHook
from providers.version import version

SECONDS = 8.0
_HOOK_SECONDS = 600.0
_HOOK_SECONDS_AT = {"Interrupt": 1.0, "SessionEnd": 1.0}
"""How long Codex waits for a hook that names no timeout (0.171.0, measured)."""
_JSON, _TOML = "hooks.json", "config.toml"
_PLACEHOLDER = {"type": "command", "command": "true"}

Tables = dict[str, dict[str, Any]]
"""The hooks of each file: event → groups."""


def find_hooks(
    home: Home, environ: Mapping[str, str], chosen: Path | None, find: Find = find_codex
) -> tuple[OwnHook, ...]:
    """Raises NotUnderstood for files that cannot be read."""
    config = read_config(home)
    tables: Tables = {_JSON: _of_json(home.path / _JSON), _TOML: _table(config.get("hooks"))}
    found = [(name, *place) for name, table in tables.items() for place in _own(table)]
    if not found:
        return ()
    states = _ask(home, environ, chosen, find, tables, config)
    return tuple(
        OwnHook(
            event=event,
            purpose=purpose,
            program=program_of(entry["command"]),
            trust=trust,
            enabled=enabled,
            timeout=timeout_of(entry, _HOOK_SECONDS_AT.get(event, _HOOK_SECONDS)),
        )
        for name, event, group, at, purpose, entry in found
        for trust, enabled in [states.get(_key(name, event, group, at), (None, True))]
    )


def _of_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(read_small(path, FILE_LIMIT))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError, RecursionError):
        raise NotUnderstood(f"{short(path)} cannot be read.", remedy="Fix that file.") from None
    return _table(content.get("hooks")) if isinstance(content, dict) else {}


def _table(value: object) -> dict[str, Any]:
    return (
        {event: groups for event, groups in value.items() if event != "state"}
        if isinstance(value, dict)
        else {}
    )


def _entries(table: dict[str, Any]) -> Iterator[tuple[str, int, int, dict[str, Any]]]:
    for event, groups in table.items():
        for group, each in enumerate(groups if isinstance(groups, list) else ()):
            entries = each.get("hooks") if isinstance(each, dict) else None
            for at, entry in enumerate(entries if isinstance(entries, list) else ()):
                if isinstance(entry, dict):
                    yield event, group, at, entry


def _own(table: dict[str, Any]) -> Iterator[tuple[str, int, int, Purpose, dict[str, Any]]]:
    """The place of each, its purpose and its entry."""
    for event, group, at, entry in _entries(table):
        if purpose := purpose_of(entry.get("command")):
            yield event, group, at, purpose, entry


def _key(path: object, event: str, group: int, at: int) -> str:
    """As Codex names the state of a hook."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", event).lower()
    return f"{path}:{snake}:{group}:{at}"


def _ask(
    home: Home,
    environ: Mapping[str, str],
    chosen: Path | None,
    find: Find,
    tables: Tables,
    config: dict[str, Any],
) -> dict[str, tuple[str | None, bool]]:
    """Trust, and whether it is on, by keys with the name of the file alone; {} where Codex does not say."""
    try:
        program = find("codex", chosen=chosen, environ=environ)
        with probe_folder() as folder:
            place = Path(os.path.realpath(folder)) / "home"
            place.mkdir(mode=0o700)
            _write_config(place, home, tables, config)
            command = [str(program.path), *ARGUMENTS]
            own = borrowing(environ, place, program.search_path)
            with Child(command, environ=own, folder=folder, talks=True, grace=1.0) as child:
                listed = _listed(Conversation(child), folder)
    except (ProviderError, OSError, Ended, RpcRefused):
        return {}
    return {str(each["key"]).removeprefix(f"{place}/"): _state(each) for each in listed}


def _state(listed: dict[str, Any]) -> tuple[str | None, bool]:
    trust = listed.get("trustStatus")
    known = trust if trust in ("trusted", "untrusted", "modified", "managed") else None
    return known, listed.get("enabled") is not False


def _listed(talk: Conversation, folder: Path) -> list[dict[str, Any]]:
    ends = time.monotonic() + SECONDS
    about = {"name": "tankful", "title": "tankful", "version": version()}
    talk.answer(talk.ask("initialize", {"clientInfo": about}), ends)
    talk.notify("initialized")
    answer = talk.answer(talk.ask("hooks/list", {"cwds": [str(folder)]}), ends)
    data = answer.get("data") if isinstance(answer, dict) else None
    found = [hook for each in data or () if isinstance(each, dict) for hook in each.get("hooks", ())]
    if not all(isinstance(hook, dict) and "key" in hook for hook in found):
        raise TimedOut("Codex answered something else.")
    return found


def _write_config(place: Path, home: Home, tables: Tables, config: dict[str, Any]) -> None:
    """The configuration of the temporary home: other hooks keep their places, with a command that does nothing.

    Raises OSError.
    """
    import tomlkit

    blank = {name: _blanked(table) for name, table in tables.items()}
    feature = config["features"].get("hooks") if isinstance(config.get("features"), dict) else None
    settings = {
        "check_for_update_on_startup": False,
        "features": {"plugins": False, **({"hooks": feature} if isinstance(feature, bool) else {})},
        "analytics": {"enabled": False},
        "hooks": {**blank[_TOML], "state": _moved(place, home, config.get("hooks"))},
    }
    write_whole(place / _TOML, tomlkit.dumps(settings).encode())
    write_whole(place / _JSON, json.dumps({"hooks": blank[_JSON]}).encode())


def _blanked(table: dict[str, Any]) -> dict[str, Any]:
    """The same table, with _PLACEHOLDER for all entries but ours."""
    blank: dict[str, Any] = {}
    for event, groups in table.items():
        blank[event] = []
        for each in groups if isinstance(groups, list) else ():
            entries = each.get("hooks") if isinstance(each, dict) else None
            kept = [
                entry if isinstance(entry, dict) and purpose_of(entry.get("command")) else _PLACEHOLDER
                for entry in (entries if isinstance(entries, list) else ())
            ]
            matcher = {"matcher": each["matcher"]} if isinstance(each, dict) and "matcher" in each else {}
            blank[event].append({**matcher, "hooks": kept})
    return blank


def _moved(place: Path, home: Home, hooks: object) -> dict[str, Any]:
    """What is noted of each hook, by its key in the temporary home."""
    states = hooks.get("state") if isinstance(hooks, dict) else None
    moved = {}
    for key, state in states.items() if isinstance(states, dict) else ():
        for above in (str(home.path), os.path.realpath(home.path)):
            if key.startswith(f"{above}{os.sep}"):
                moved[f"{place}/{key[len(above) + 1 :]}"] = state
    return moved
