"""The programs to compare with: native binaries from npm, without the scripts that start them through Node."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

CCUSAGE = "20.0.24"
TOKSCALE = "4.17.0"
_QUIETLY = ("--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")


class Peer(Struct, frozen=True):
    """`command` of a provider prints JSON, of which `tokens` takes the sum."""

    name: str
    binary: Path
    arguments: Callable[[str], tuple[str, ...]]
    tokens: Callable[[Mapping[str, Any]], int]

    def command(self, provider: str) -> tuple[str, ...]:
        return (str(self.binary), *self.arguments(provider))


def installed(folder: Path) -> tuple[Peer, Peer]:
    """ccusage, and tokscale for Linux on x86_64. Raises CalledProcessError where npm cannot bring them."""
    return (
        Peer(
            "ccusage",
            _binary(folder / "ccusage", f"ccusage@{CCUSAGE}", "@ccusage/ccusage-*/bin/ccusage*"),
            lambda provider: (provider, "daily", "--offline", "--json"),
            lambda printed: int(printed["totals"]["totalTokens"]),
        ),
        Peer(
            "tokscale",
            _binary(
                folder / "tokscale",
                f"@tokscale/cli-linux-x64-gnu@{TOKSCALE}",
                "@tokscale/cli-linux-x64-gnu/bin/tokscale",
            ),
            lambda provider: ("models", "--json", "--no-spinner", "--client", provider),
            lambda printed: sum(
                int(printed[name])
                for name in ("totalInput", "totalOutput", "totalCacheRead", "totalCacheWrite")
            ),
        ),
    )


def environ(own: Path, provider: str, home: Path) -> dict[str, str]:
    """For all of them, with nothing of the person's own: neither settings nor logs nor the network.

    tokscale looks for logs below HOME alone, and asks three servers for prices unless it is told not to.
    """
    place = own / f".{provider}"
    if not place.is_symlink():
        own.mkdir(parents=True, exist_ok=True)
        place.symlink_to(home)
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(own),
        "TANKFUL_HOME": str(own),
        "CODEX_HOME": str(home),
        "CLAUDE_CONFIG_DIR": str(home),
        "TOKSCALE_PRICING_CACHE_ONLY": "1",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
    }


def _binary(folder: Path, package: str, pattern: str) -> Path:
    if not any((folder / "node_modules").glob(pattern)):
        npm = shutil.which("npm") or "npm"
        subprocess.run(
            (npm, "install", "--prefix", str(folder), *_QUIETLY, package),
            check=True,
            stdout=subprocess.DEVNULL,
        )
    (binary,) = (folder / "node_modules").glob(pattern)
    binary.chmod(0o755)
    return binary
