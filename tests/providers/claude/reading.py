"""Transcripts for tests: lines as Claude Code writes them, and how they are read and judged."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from providers.claude.logs.format import Transcripts
from providers.domain.cost import BilledResponse
from providers.ledger.discover import LogFinder
from providers.ledger.line_scanner import LineParser
from providers.ledger.scan import LineReader, Stream
from providers.logs import Observed

FORMAT = Transcripts()
HOME = Path("/home/dev/.claude")
SESSION = "11111111-1111-4111-8111-111111111111"
FORK = "22222222-2222-4222-8222-222222222222"
LOG = f"{HOME}/projects/-home-dev-app/{SESSION}.jsonl"
AGENT_LOG = f"{HOME}/projects/-home-dev-app/{SESSION}/subagents/agent-a1b2.jsonl"

Line = dict[str, Any]


def spent(fresh: int = 1, output: int = 8, read: int = 4, written: int = 2, **more: object) -> Line:
    return {
        "input_tokens": fresh,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "output_tokens": output,
        "service_tier": "standard",
        **more,
    }


def answer(
    usage: object,
    *,
    id: str | None = "msg_1",  # noqa: A002 - its name on the wire
    request: str | None = "req_1",
    second: int = 0,
    stop: str | None = "end_turn",
    model: str = "claude-opus-4-8",
    content: object = (),
    **more: object,
) -> Line:
    """In the order of Claude Code 2.1: the message stands before the type."""
    message = {"model": model, "id": id, "type": "message", "role": "assistant", "content": content}
    line: Line = {
        "parentUuid": "00000000-0000-4000-8000-000000000001",
        "isSidechain": False,
        "message": message | {"stop_reason": stop, "usage": usage},
        "requestId": request,
        "type": "assistant",
        "uuid": f"00000000-0000-4000-9000-{second:012x}",
        "timestamp": f"2026-11-20T12:00:{second:02d}.250Z",
        "cwd": "/home/dev/app",
        "sessionId": SESSION,
        "version": "2.1.197",
    }
    return {name: value for name, value in (line | more).items() if value is not None}


def text(lines: Iterable[Line | bytes]) -> bytes:
    return b"".join(
        (line if isinstance(line, bytes) else json.dumps(line, separators=(",", ":")).encode()) + b"\n"
        for line in lines
    )


class Memory(BytesIO):
    """As an open log."""

    def readinto(self, buffer: Any, /) -> int:
        return super().readinto(buffer)


def read(content: bytes, path: str = LOG, observation: bytes | None = None) -> LineParser:
    reader = FORMAT.reader(path, observation)
    stream: Stream = Memory(content)
    take_all(LineReader(stream, reader.unwanted, usage_end=reader.usage_end), reader)
    return reader


def take_all(lines: LineReader, reader: LineParser) -> None:
    """As the scanner does: what a line makes unwanted holds for the next ones."""
    reader.follow(lines.want)
    lines.read(reader.take)


def observed(lines: Iterable[Line | bytes], path: str = LOG, home: Path = HOME) -> Observed:
    return Observed(home=home, observation=read(text(lines), path).observation())


def judged(*lines: Line | bytes, path: str = LOG) -> list[BilledResponse]:
    return FORMAT.resolve([observed(lines, path)]).responses


def counted(homes: Sequence[Path]) -> list[BilledResponse]:
    """What the lines of these homes' transcripts hold, each read in one go."""
    return [response for response in everything(homes) if not response.context.not_on_lines]


def everything(homes: Sequence[Path]) -> list[BilledResponse]:
    """The same, and what their sessions used beside their lines."""
    return FORMAT.resolve(observations(homes)).responses


def observations(homes: Sequence[Path]) -> list[Observed]:
    """Of all logs of these homes."""
    scanner = FORMAT.scanner()
    found = []
    for home in homes:
        for log in LogFinder(home, FORMAT.folders, FORMAT.is_log).find()[0]:
            scan = scanner.scan(log.path)
            assert (scan.complete, scan.skipped) == (True, 0)
            found.append(Observed(home=home, observation=scan.observation))
    return found
