"""Finds a provider's CLI, the way its user would.

A path set by the user takes precedence over everything; then come PATH, the PATH of the login shell, the usual
places of package managers and the apps that bundle the program. A tray started by a desktop has only a minimal
PATH, so the last three matter. A launcher that cannot run is skipped for one that can; if there is no other, it is
reported as broken rather than missing.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from providers.domain.errors import ProgramMissing
from providers.host.files import short
from providers.host.locate.install_dirs import matching, usual_places
from providers.host.locate.login_shell import login_path

_HEAD_BYTES = 4096
# npm's launcher for Windows: "%dp0%\node_modules\…\cli.js" "%~dp0\…\tool.exe"
_CMD_TARGET = re.compile(r"%~?dp0%?[\\/]+([^\"%*<>|?]+?\.(?:m?js|cjs|exe))", re.IGNORECASE)


class Program(Struct, frozen=True, kw_only=True):
    """A program that can be started. `search_path` is the PATH to start it with: a launcher that needs `node`
    finds it there.
    """

    path: Path
    search_path: str


class Machine(Struct, frozen=True, kw_only=True):
    """The inputs of a search. `root` prefixes every absolute path of our own; `login_path` returns the PATH of the
    user's login shell, None if unknown.
    """

    system: str
    home: Path
    root: Path = Path("/")
    login_path: Callable[[Mapping[str, str]], str | None] = login_path

    @property
    def windows(self) -> bool:
        return self.system == "win32"


def this_machine() -> Machine:
    return Machine(system=sys.platform, home=Path(os.path.expanduser("~")))


def find(
    name: str,
    *,
    environ: Mapping[str, str],
    chosen: Path | None = None,
    title: str | None = None,
    bundles: Sequence[str] = (),
    machine: Machine | None = None,
) -> Program:
    """The program of that name; raises ProgramMissing, whose message distinguishes broken from missing.

    `chosen` is the path that the person set: no other is looked for then. `title` is what a person calls the
    program. `bundles` are the places that only this program has, files or folders, such as the inside of a
    desktop app: with `~`, `%VARIABLES%` of Windows and `*`, of which the newest version comes first.
    """
    machine = machine or this_machine()
    title = title or name
    if chosen is not None:
        return _chosen(Path(os.path.expanduser(chosen)), environ, machine)
    broken: str | None = None
    for path in _candidates(name, environ, bundles, machine):
        fault, needed = _check(path, environ, machine)
        if fault is None:
            return Program(path=path, search_path=_search_path((path.parent, *needed), environ, machine))
        broken = broken or f"{short(path)} {fault}."
    if broken:
        raise ProgramMissing(broken, remedy=f"Reinstall {title}, or set its path in the settings.")
    raise ProgramMissing(
        f"{title} was not found on this machine.",
        remedy=f"Install {title}, or set its path in the settings.",
    )


def _chosen(path: Path, environ: Mapping[str, str], machine: Machine) -> Program:
    path = Path(os.path.abspath(path))
    fault, needed = _check(path, environ, machine) if os.path.lexists(path) else ("does not exist", ())
    if fault is not None:
        raise ProgramMissing(
            f"{short(path)}, set in the settings, {fault}.", remedy="Correct the path in the settings."
        )
    return Program(path=path, search_path=_search_path((path.parent, *needed), environ, machine))


def _candidates(
    name: str, environ: Mapping[str, str], bundles: Sequence[str], machine: Machine
) -> Iterator[Path]:
    """Files of that name in order of preference, each once; the shell is run only if PATH has none."""
    seen: set[Path] = set()
    for folder in _folders(environ, machine):
        for path in _named(folder, name, machine):
            if path not in seen:
                seen.add(path)
                yield path
    for pattern in bundles:
        for found in matching(pattern, environ, home=machine.home, root=machine.root):
            inside = _named(found, name, machine) if os.path.isdir(found) else iter((found,))
            yield from (path for path in inside if path not in seen)


def _named(folder: Path, name: str, machine: Machine) -> Iterator[Path]:
    # On Windows npm puts a launcher for sh beside them, without an ending: it cannot be started there.
    for ending in (".exe", ".cmd", ".bat") if machine.windows else ("",):
        path = folder / f"{name}{ending}"
        if os.path.lexists(path) and not os.path.isdir(path):
            yield path


def _folders(environ: Mapping[str, str], machine: Machine) -> Iterator[Path]:
    yield from _listed(environ.get("PATH"), machine)
    yield from _listed(machine.login_path(environ), machine)
    yield from usual_places(environ, system=machine.system, home=machine.home, root=machine.root)


def _listed(search_path: str | None, machine: Machine) -> Iterator[Path]:
    """The folders of a PATH. What is relative there means the folder we happen to stand in, which may be
    anybody's.
    """
    for entry in (search_path or "").split(";" if machine.windows else ":"):
        if os.path.isabs(entry):
            yield Path(entry)


def _check(path: Path, environ: Mapping[str, str], machine: Machine) -> tuple[str | None, tuple[Path, ...]]:
    """Why it cannot run, as the end of a sentence, and the folders that it needs on its PATH."""
    if not os.path.exists(path):
        return "is a broken link", ()
    if not os.path.isfile(path):
        return "is not a file", ()
    if not machine.windows and not os.access(path, os.X_OK):
        return "is not executable", ()
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return None, ()  # it may be executable but not readable
    if not head:
        return "is empty", ()
    if machine.windows:
        return _check_script(path, head) if path.suffix.lower() in (".cmd", ".bat") else None, ()
    return _check_interpreter(path, head, environ, machine)


def _check_script(path: Path, head: bytes) -> str | None:
    """npm's launchers name a target next to them; one that was moved or half removed has none."""
    named = _CMD_TARGET.findall(head.decode(errors="replace"))
    targets = [target for target in named if not target.lower().endswith("node.exe")]
    if targets and not any(os.path.isfile(path.parent / target.replace("\\", "/")) for target in targets):
        return "points to a program that does not exist"
    return None


def _check_interpreter(
    path: Path, head: bytes, environ: Mapping[str, str], machine: Machine
) -> tuple[str | None, tuple[Path, ...]]:
    if not head.startswith(b"#!"):
        return None, ()
    words = head[2:].split(b"\n", 1)[0].decode(errors="replace").split()
    if not words:
        return None, ()
    if Path(words[0]).name != "env":
        return (None, ()) if os.path.exists(words[0]) else (f"needs {words[0]}, which does not exist", ())
    named = next((word for word in words[1:] if not word.startswith("-") and "=" not in word), None)
    if named is None or os.path.isabs(named):
        return None, ()
    beside = (path.parent, path.resolve().parent)
    for folder in (*beside, *_folders(environ, machine)):
        found = folder / named
        if os.path.isfile(found) and os.access(found, os.X_OK):
            return None, (folder,)
    return f"needs {named}, which was not found", ()


def _search_path(first: Sequence[Path], environ: Mapping[str, str], machine: Machine) -> str:
    """These folders and our own PATH; for what is not on it the shell's too, as a shim has needs of its own."""
    own = list(_listed(environ.get("PATH"), machine))
    if not set(first) <= set(own):
        own += _listed(machine.login_path(environ), machine)
    return (";" if machine.windows else ":").join(dict.fromkeys(map(str, (*first, *own))))
