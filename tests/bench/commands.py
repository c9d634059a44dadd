"""How long commands take that somebody waits for all day: a bar, a prompt, a script.

    python -m tests.bench.commands [--rounds 30]

Each is paired with `python -c pass` in the same round, so that whatever else the machine does meets both; where it
does much, the CPU times say more. It installs this checkout into an environment of its own, as a person would have
it, with its bytecode compiled.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from tests.bench.installation import installed
from tests.tray.faces.published import Folder

ROOT = Path(__file__).parents[2]
CLAUDE = json.dumps(
    {
        "session_id": "s",
        "rate_limits": {"five_hour": {"used_percentage": 40, "resets_at": 4_000_000_000}},
        "cost": {"total_api_duration_ms": 1},
    }
)
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
DISCOVER, LIMITS = (
    json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": META}})
    for method, params in (
        ("server/discover", {}),
        ("tools/call", {"name": "limits"}),
    )
)
HOOK = json.dumps({"hook_event_name": "PreToolUse", "session_id": "s", "turn_id": "t", "prompt_id": "t"})
ASKS = json.dumps({"hook_event_name": "PermissionRequest", "session_id": "s", "tool_name": "Bash"})
COMMANDS = {
    "tankful --version": (("--version",), ""),
    "tankful usage --cached --json": (("usage", "--cached", "--json"), ""),
    "tankful statusline --format text": (("statusline", "--format", "text"), ""),
    **{
        f"tankful statusline --format {name}": (("statusline", "--format", name), "")
        for name in ("waybar", "tmux", "polybar", "i3blocks", "starship")
    },
    "tankful statusline --template T": (
        ("statusline", "--template", "{codex.session.left} {tightest.pace}"),
        "",
    ),
    "tankful statusline --from-claude": (("statusline", "--from-claude"), CLAUDE),
    "the same with --template T": (
        ("statusline", "--from-claude", "--template", "{model} {claude.session.left} {session.cost}"),
        CLAUDE,
    ),
    "tankful mcp, and its first answer": (("mcp",), DISCOVER),
    "tankful mcp, and the tool limits": (("mcp",), LIMITS),
    "tankful guard --provider codex": (("guard", "--provider", "codex"), ""),
    "tankful guard --hook codex": (("guard", "--hook", "codex"), HOOK),
    "tankful guard --hook claude": (("guard", "--hook", "claude"), HOOK),  # stops
    "tankful hook --for codex": (("hook", "--for", "codex"), ASKS),
    "tankful hook --for claude": (("hook", "--for", "claude"), ASKS),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--only", default="", metavar="WORD", help="commands with this word alone")
    options = parser.parse_args()
    rounds, chosen = options.rounds, [command for command in COMMANDS if options.only in command]
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(Path(name))
        accounts = (
            folder.account(folder.window(40), homes=("~/codex",)),
            folder.account(folder.window(95), provider="claude", homes=("~/claude",)),
        )
        bin_ = installed(Path(name) / "env")
        times: dict[str, list[tuple[float, float]]] = {command: [] for command in ("python -c pass", *chosen)}
        for number in range(rounds + 2):
            folder.publish(*accounts)  # again, as Claude's status line leaves it behind
            for command, found in times.items():
                arguments, stdin = COMMANDS.get(command, (("-c", "pass"), ""))
                program = "tankful" if command in COMMANDS else "python"
                took = timed([str(bin_ / program), *arguments], stdin, folder.environ)
                if number > 1:  # the first two warm up
                    found.append(took)
    floor = times.pop("python -c pass")
    wall, cpu = (statistics.median(each) for each in zip(*floor, strict=True))
    print(f"python -c pass: {wall:.1f} ms, {cpu:.1f} ms of CPU (medians of {rounds})\n")
    print("| command | over it, ms | CPU over it, ms |\n| --- | --: | --: |")
    for command, found in times.items():
        over = [
            statistics.median(one[which] - base[which] for one, base in zip(found, floor, strict=True))
            for which in (0, 1)
        ]
        print(f"| `{command}` | {over[0]:+.1f} | {over[1]:+.1f} |")


def timed(command: list[str], stdin: str, environ: dict[str, str]) -> tuple[float, float]:
    """Wall time and CPU time in ms."""
    environ = {name: value for name, value in environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command,
        input=stdin.encode(),
        env=environ | {"PATH": os.environ["PATH"]},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return (time.perf_counter() - began) * 1000, cpu * 1000


if __name__ == "__main__":
    main()
