"""Where package managers install programs, for when PATH does not include it."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from providers.host.files import open_regular

_PREFIX = re.compile(r"^\s*prefix\s*=\s*[\"']?(.+?)[\"']?\s*$", re.MULTILINE)
_VARIABLE = re.compile(r"%(\w+)%|\$\{?(\w+)\}?")
_NPMRC_LIMIT = 1 << 16

# One place per line: the folder in a variable, or else these. The newest of several versions comes first.
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
    """The existing folders, the most likely first. `root` prefixes absolute ones that are not configured."""
    prefix = _npm_prefix(environ, home)
    if prefix:
        yield Path(prefix) if system == "win32" else Path(prefix) / "bin"
    for variable, below, otherwise in _WINDOWS if system == "win32" else _POSIX:
        configured = glob.escape(environ.get(variable, "")) if variable else ""
        for top in (configured, *otherwise) if configured else otherwise:
            pattern = top if below == "." else f"{top}/{below}"
            yield from matching(pattern, environ, home=home, root=Path("/") if top == configured else root)


def matching(pattern: str, environ: Mapping[str, str], *, home: Path, root: Path) -> Iterator[Path]:
    """The existing paths for a pattern with `~`, variables and `*`, newest version first."""
    known = True

    def value(match: re.Match[str]) -> str:
        nonlocal known
        configured = _variable(environ, match[1] or match[2])
        known = known and bool(configured)
        return glob.escape(configured or "")

    place = _VARIABLE.sub(value, pattern)
    if not known:
        return
    if place.startswith("~"):
        place = glob.escape(str(home)) + place[1:]
    elif place == pattern and os.path.isabs(place):
        place = os.path.join(glob.escape(str(root)), place.lstrip("/"))
    if os.path.isabs(place):
        yield from (Path(found) for found in sorted(glob.glob(place), key=_version, reverse=True))


def _variable(environ: Mapping[str, str], name: str) -> str | None:
    return environ.get(name) or environ.get(name.upper())  # Windows itself ignores case


def _version(path: str) -> tuple[int, ...]:
    """The numbers of the folder that differs: `v22.3.0` comes before `v20.11.1`."""
    return tuple(int(number) for number in re.findall(r"\d{1,9}", path))


def _npm_prefix(environ: Mapping[str, str], home: Path) -> str | None:
    """The global prefix of npm, if configured."""
    configured = environ.get("npm_config_prefix") or environ.get("NPM_CONFIG_PREFIX")
    if not configured:
        try:
            with open_regular(home / ".npmrc") as file:
                matches = _PREFIX.findall(file.read(_NPMRC_LIMIT).decode(errors="replace"))
        except OSError:
            return None
        configured = matches[-1] if matches else ""
    configured = configured.replace("${HOME}", str(home))
    if configured.startswith("~"):
        configured = str(home) + configured[1:]
    return configured if os.path.isabs(configured) else None
