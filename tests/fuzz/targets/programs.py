"""What other programs print or are called with: lsof, git, and the commands of people."""

from __future__ import annotations

from pathlib import Path

from providers.host.processes.macos import read_lsof
from providers.host.shown_command import LONGEST_SHOWN, shown_argument, shown_command
from providers.live.git.porcelain import read_status
from tests.fuzz import mutate
from tests.fuzz.run import Target, require

LSOF = b"""p812
f3
au
tREG
n/Users/dev/.codex/sessions/rollout-2026-11-29T12-08-50-01a1f8dc.jsonl
f8
a~
tREG
n/Users/dev/\\xc3\\xbc \\\\ a\\nb
p901
f9
ar
tDIR
n/Users/dev
""".replace(b"~\n", b" \n")
STATUS = (
    b"# branch.oid 0123\0# branch.head main\0# branch.upstream origin/main\0# branch.ab +1 -0\0"
    b"1 .M N... 100644 100644 100644 01 01 changed\x002 R. N... 100644 100644 100644 01 01 R100 new\0old\0"
    b"u UU N... 100644 100644 100644 100644 01 02 03 conflict\0? untracked\0"
)
COMMANDS = (
    b"bash -lc \"curl -H 'Authorization: Bearer abc' -u me:pw https://u:p@x.example/?access_token=1 | jq .\"",
    b"source /home/dev/x.sh 2>/dev/null || true && eval 'API_KEY=\"a b\" npm test' < /dev/null && pwd -P",
    b"/usr/bin/node\n/home/dev/shop/vite.js\n--token\nghp_0123456789abcdefghij\n--port=5173",
)


def targets(_folder: Path) -> tuple[Target, ...]:
    return (
        Target(name="lsof", make=mutate.of_text([LSOF]), check=_lsof, suffix=".txt"),
        Target(name="git-status", make=mutate.of_text([STATUS]), check=_status, suffix=".txt"),
        Target(name="commands", make=mutate.of_text(COMMANDS), check=_command, suffix=".txt"),
    )


def _lsof(content: bytes) -> None:
    for files in read_lsof(content.splitlines()).values():
        for file in files:
            require(file.path.startswith("/"), f"no path: {file.path!a}")


def _status(content: bytes) -> None:
    found = read_status(content)
    require((found.added or 0) + (found.modified or 0) <= content.count(b"\0"), "more files than records")


def _command(content: bytes) -> None:
    text = content.decode("utf-8", "surrogateescape")
    for shown in (shown_argument(text, "/home/dev"), shown_command(text.split("\n"), "/home/dev")):
        require(shown.isprintable() and len(shown) <= LONGEST_SHOWN, f"not one short line: {shown!a}")
