"""The real CLIs, as npm has them: each version installed once below the temp folder, and kept between runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from filelock import FileLock

CACHE = Path(tempfile.gettempdir()) / f"tankful-clis-{os.getuid() if hasattr(os, 'getuid') else 'all'}"
INSTALL_SECONDS = 300


class NotInstalled(Exception):
    """npm is missing, or it cannot reach its registry."""


def installed(package: str, version: str) -> Path:
    """The launcher of a CLI's package: `installed("@openai/codex", "0.60.1")`; raises NotInstalled."""
    prefix = CACHE / package.replace("/", "-") / version
    with FileLock(_made(prefix.parent) / f"{version}.lock"):
        if not (prefix / "whole").exists():
            _install(package, version, prefix)
    (launcher,) = sorted((prefix / "node_modules/.bin").iterdir())[:1]
    return launcher


def library(package: str, version: str) -> Path:
    """The folder of a package without a launcher: `library("axe-core", "4.14.1")`; raises NotInstalled."""
    prefix = CACHE / package.replace("/", "-") / version
    with FileLock(_made(prefix.parent) / f"{version}.lock"):
        if not (prefix / "whole").exists():
            _install(package, version, prefix)
    return prefix / "node_modules" / package


def _install(package: str, version: str, prefix: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise NotInstalled("not installed: npm")
    shutil.rmtree(prefix, ignore_errors=True)
    command = [npm, "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(prefix)]
    try:
        done = subprocess.run(
            [*command, f"{package}@{version}"], capture_output=True, check=False, timeout=INSTALL_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise NotInstalled(f"npm did not install {package} {version} in time") from None
    if done.returncode:
        raise NotInstalled(f"npm cannot install {package} {version}")
    (prefix / "whole").touch()


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
