"""A Codex that misbehaves as configured. Run as a program: `fake_app_server.py HABITS ARGUMENT …`.

HABITS is a JSON file, see `Habits`. Everything it receives and where it runs goes into its log, a line each.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ACCOUNT = {"account": {"type": "chatgpt", "email": "dev@example.com", "planType": "pro"}}
WINDOW = {"usedPercent": 37, "windowDurationMins": 300, "resetsAt": 1_795_190_400}
WEEK = {"usedPercent": 62, "windowDurationMins": 10_080, "resetsAt": 1_795_460_400}
OWN = {
    "limitId": "codex",
    "limitName": None,
    "primary": WINDOW,
    "secondary": WEEK,
    "credits": {"hasCredits": True, "unlimited": False, "balance": "150.5"},
    "individualLimit": {"limit": "100", "used": "25", "remainingPercent": 75, "resetsAt": 1_795_460_400},
    "planType": "pro",
    "rateLimitReachedType": None,
}
SPARK = {
    "limitId": "codex_bengalfox",
    "limitName": "GPT-5.3-Codex-Spark",
    "primary": WINDOW,
    "secondary": None,
}
LIMITS = {
    "rateLimits": OWN,
    "rateLimitsByLimitId": {"codex": OWN, "codex_bengalfox": SPARK},
    "rateLimitResetCredits": {
        "availableCount": 2,
        "credits": [{"id": "c1", "status": "available", "expiresAt": 1_796_083_200}],
    },
    "ordinaryUsageAllowed": True,
}
USAGE = {
    "summary": {"lifetimeTokens": 7000},
    "dailyUsageBuckets": [
        {"startDate": "2026-11-20", "tokens": 5000},
        {"startDate": "2026-11-19", "tokens": 2000},
    ],
}
GROUP = {
    "model": "gpt-5.5",
    "reasoningEffort": "medium",
    "speed": "standard",
    "estimatedUsageCreditsMicros": 40,
    "inputTokens": 1301,
    "cachedInputTokens": 1000,
    "netNewInputTokens": 301,
    "outputTokens": 57,
    "totalTokens": 1358,
}
NO_DAYS = {"summary": {"lifetimeTokens": None}, "dailyUsageBuckets": None}


def thread_answer(thread: str, **changes: Any) -> dict[str, Any]:
    """What 0.171 answers for a thread; `changes` replace members of its usage."""
    usd = {"estimatedUsageUsdMicros": 250_000, "nativeUsageUsdMicros": None}
    use = {"threadId": thread, "estimatedUsageCreditsMicros": 40, **usd, "groups": [GROUP]}
    return NO_DAYS | {"threadUsage": use | changes}


ANSWERS = {
    "initialize": {"userAgent": "fake"},
    "account/read": ACCOUNT,
    "account/rateLimits/read": LIMITS,
    "account/usage/read": USAGE,
}

Habits = dict[str, Any]
"""version: what `--version` prints; exit: its code; answers: method → result; errors: method → error object;
silent: methods that get no answer, or true; ends_at: the method at which it ends; slow: method → seconds;
before: lines written before each answer, NAME of those below or the line itself; pieces: answers come in pieces;
noise: bytes on stderr at the start; reverse: the last two answers come in reverse; stubborn: SIGTERM and the end
of stdin are nothing to it; daemon: a child that leaves the group and the session; log: where it writes.
Answers and errors may be of a thread's id instead, and `silent_for` are such ids that get none."""

LINES = {
    "garbage": "WARNING: no JSON at all \x1b[31m{",
    "bytes": "\udcff\udcfe",
    "notification": '{"method": "account/updated", "params": {"id": 2}}',
    "question": '{"id": 2, "method": "execCommandApproval", "params": {"command": ["true"]}}',
    "wrong id": '{"id": 77, "result": {"rateLimits": {}}}',
    "true": '{"id": true, "result": {}}',
    "no id": '{"result": {}}',
    "list": "[1, 2]",
    "huge": '{"id": 1, "result": "' + "x" * (3 << 20) + '"}',
}


def main(habits: Habits, arguments: list[str]) -> None:
    _log(habits, {"argv": arguments, "environ": dict(os.environ), "cwd": os.getcwd()})
    if arguments == ["--version"]:
        print(habits.get("version", "codex-cli 0.169.0"))
        sys.exit(habits.get("exit", 0))
    if habits.get("stubborn"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if habits.get("daemon"):
        asleep = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(300)"]
        daemon = subprocess.Popen(asleep, start_new_session=True)
        _log(habits, {"daemon": daemon.pid})
    if noise := habits.get("noise"):
        sys.stderr.write("x" * noise)
        sys.stderr.flush()
    held: list[str] = []
    for line in sys.stdin:
        message = json.loads(line)
        _log(habits, {"heard": message})
        _answer(habits, message, held)
    while habits.get("stubborn"):
        time.sleep(1)


def _answer(habits: Habits, message: dict[str, Any], held: list[str]) -> None:
    method = message.get("method")
    if "id" not in message or method is None:
        return
    if habits.get("ends_at") == method:
        sys.exit(3)
    time.sleep(habits.get("slow", {}).get(method, 0))
    silent = habits.get("silent", ())
    if silent is True or method in silent:
        return
    for name in habits.get("before", ()):
        _write(LINES.get(name, name) + "\n")
    thread = (message.get("params") or {}).get("threadId")
    if thread in habits.get("silent_for", ()):
        return
    if error := habits.get("errors", {}).get(thread or method):
        reply = {"id": message["id"], "error": error}
    else:
        answers = ANSWERS | habits.get("answers", {})
        result = answers.get(method) if thread is None else answers.get(thread, thread_answer(thread))
        reply = {"id": message["id"], "result": result}
    held.append(json.dumps(reply) + "\n")
    if habits.get("reverse") and method == "account/read":
        return
    for each in reversed(held):
        for piece in _pieces(each) if habits.get("pieces") else (each,):
            _write(piece)
    held.clear()


def _pieces(line: str) -> list[str]:
    return [line[at : at + 97] for at in range(0, len(line), 97)]


def _write(text: str) -> None:
    sys.stdout.buffer.write(text.encode(errors="surrogateescape"))
    sys.stdout.buffer.flush()
    if not text.endswith("\n"):
        time.sleep(0.005)


def _log(habits: Habits, entry: dict[str, Any]) -> None:
    if path := habits.get("log"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def launcher(folder: Path, **habits: Any) -> Path:
    """A program named codex in `folder` with these habits; its log is `codex.log` beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    about = folder / "codex.json"
    about.write_text(json.dumps({"log": str(folder / "codex.log"), **habits}))
    path = folder / "codex"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{__file__}" "{about}" "$@"\n')
    path.chmod(0o700)
    return path


def logged(folder: Path, what: str) -> list[Any]:
    """What the program of `launcher` wrote down: `argv`, `environ`, `cwd`, `heard` or `daemon`."""
    path = folder / "codex.log"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [entry[what] for entry in map(json.loads, lines) if what in entry]


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text("utf-8")), sys.argv[2:])
