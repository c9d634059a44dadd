"""Where package managers put the programs they install, when no PATH says so."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_PREFIX = re.compile(r"^\s*prefix\s*=\s*[\"']?(.+?)[\"']?\s*$", re.MULTILINE)
_VARIABLE = re.compile(r"%(\w+)%|\$\{?(\w+)\}?")
_NPMRC_LIMIT = 1 << 16

# One place a line: the folder that a variable names, or else this. Of several versions the newest comes first.
_POSIX = (
    ("HOMEBREW_PREFIX", "bin", ("/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew", "~/.linuxbrew")),
    (None, ".", ("~/.local/bin", "~/bin", "~/.npm-global/bin", "~/.npm-packages/bin")),
    (None, ".", ("~/node_modules/.bin", "/usr/lib/node_modules/.bin", "/usr/local/lib/node_modules/.bin")),
    ("NVM_DIR", "versions/node/*/bin", ("~/.nvm", "~/.config/nvm")),
    (
        "FNM_DIR",
        "node-versions/*/installation/bin",
        ("~/.local/share/fnm", "~/.fnm", "~/Library/Application Support/fnm"),
    ),
    ("VOLTA_HOME", "bin", ("~/.volta",)),
    ("MISE_DATA_DIR", "shims", ("~/.local/share/mise",)),
    ("MISE_DATA_DIR", "installs/*/*/bin", ("~/.local/share/mise",)),
    ("ASDF_DATA_DIR", "shims", ("~/.asdf",)),
    ("ASDF_DATA_DIR", "installs/nodejs/*/bin", ("~/.asdf",)),
    ("BUN_INSTALL", "bin", ("~/.bun",)),
    ("PNPM_HOME", ".", ("~/.local/share/pnpm", "~/Library/pnpm")),
    ("PNPM_HOME", "bin", ("~/.local/share/pnpm", "~/Library/pnpm")),
    ("N_PREFIX", "bin", ("~/n", "~/.n")),
    ("CARGO_HOME", "bin", ("~/.cargo",)),
    (None, ".", ("~/.nodenv/shims", "~/.yarn/bin", "~/.nix-profile/bin", "/run/current-system/sw/bin")),
    (None, ".", ("/opt/local/bin", "/usr/bin", "/snap/bin")),
)
_WINDOWS = (
    ("APPDATA", "npm", ()),
    ("NVM_SYMLINK", ".", ()),
    ("NVM_HOME", "v*", ()),
    ("FNM_DIR", "node-versions/*/installation", ("%APPDATA%/fnm",)),
    ("VOLTA_HOME", "bin", ("%LOCALAPPDATA%/Volta",)),
    ("MISE_DATA_DIR", "shims", ("%LOCALAPPDATA%/mise",)),
    ("BUN_INSTALL", "bin", ("~/.bun",)),
    ("PNPM_HOME", ".", ("%LOCALAPPDATA%/pnpm",)),
    (None, ".", ("~/.local/bin", "~/scoop/shims", "%LOCALAPPDATA%/Microsoft/WinGet/Links")),
    (None, ".", ("%ProgramData%/chocolatey/bin", "%ProgramFiles%/nodejs")),
)  # fmt: skip


def usual_places(environ: Mapping[str, str], *, system: str, home: Path, root: Path) -> Iterator[Path]:
    """The folders that exist, the likeliest first. `root` stands before absolute ones that nobody set."""
    prefix = _npm_prefix(environ, home)
    if prefix:
        yield Path(prefix) if system == "win32" else Path(prefix) / "bin"
    for variable, below, otherwise in _WINDOWS if system == "win32" else _POSIX:
        told = glob.escape(environ.get(variable, "")) if variable else ""
        for top in (told, *otherwise) if told else otherwise:
            pattern = top if below == "." else f"{top}/{below}"
            yield from matching(pattern, environ, home=home, root=Path("/") if top == told else root)


def matching(pattern: str, environ: Mapping[str, str], *, home: Path, root: Path) -> Iterator[Path]:
    """What is there of a place with `~`, variables and `*`: of several the newest version first."""
    known = True

    def value(match: re.Match[str]) -> str:
        nonlocal known
        told = _told(environ, match[1] or match[2])
        known = known and bool(told)
        return glob.escape(told or "")

    place = _VARIABLE.sub(value, pattern)
    if not known:
        return
    if place.startswith("~"):
        place = glob.escape(str(home)) + place[1:]
    elif place == pattern and os.path.isabs(place):
        place = os.path.join(glob.escape(str(root)), place.lstrip("/"))
    if os.path.isabs(place):
        yield from (Path(found) for found in sorted(glob.glob(place), key=_version, reverse=True))


def _told(environ: Mapping[str, str], name: str) -> str | None:
    return environ.get(name) or environ.get(name.upper())  # Windows itself does not care


def _version(path: str) -> tuple[int, ...]:
    """The numbers of the folder that differs: `v22.3.0` comes before `v20.11.1`."""
    return tuple(int(number) for number in re.findall(r"\d{1,9}", path))


def _npm_prefix(environ: Mapping[str, str], home: Path) -> str | None:
    """Where npm installs for everybody, if the person moved it."""
    told = environ.get("npm_config_prefix") or environ.get("NPM_CONFIG_PREFIX")
    if not told:
        try:
            with (home / ".npmrc").open("rb") as file:
                said = _PREFIX.findall(file.read(_NPMRC_LIMIT).decode(errors="replace"))
        except OSError:
            return None
        told = said[-1] if said else ""
    told = told.replace("${HOME}", str(home))
    if told.startswith("~"):
        told = str(home) + told[1:]
    return told if os.path.isabs(told) else None
