"""The logs of both CLIs, one to three of them at once, from bytes to billed responses."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random

from providers.claude.logs.format import Transcripts
from providers.codex.logs.format import ROLLOUTS
from providers.domain.cost import BilledResponse
from providers.logs import Checkpoint, LogFormat, LogScanner, Observed, ScanResult
from tests.fuzz import mutate, tokens
from tests.fuzz.run import Target, require
from tests.fuzz.targets.answers import reported

FIXTURES = Path(__file__).parents[2] / "fixtures"
BETWEEN = b"\x1e\n"
"""Stands between two logs of one input."""
_LARGE = 1 << 16
_THREADS = ("01a1f8e6-df9c-7810-afc5-7ff7fa0558fa", "01a1f8e6-e145-7ec2-9a60-628aa134d5f4")
_SESSION = "41501185-b6a8-40b9-a756-8ea9d2fd6a37"
ROLLOUT_NAMES = (
    f"sessions/2026/11/20/rollout-2026-11-20T12-20-42-{_THREADS[0]}.jsonl",
    f"sessions/2026/11/20/rollout-2026-11-20T12-20-42-{_THREADS[1]}.jsonl",
    f"archived_sessions/rollout-2026-11-20T12-20-42-{_THREADS[0]}.jsonl",
)
TRANSCRIPT_NAMES = (
    f"projects/-home-user-work/{_SESSION}.jsonl",
    f"projects/-home-user-work/{_SESSION}/subagents/agent-adb3e2a7af0650012.jsonl",
    "projects/-home-user-work/7491ac65-448b-4d88-81d6-8604de0feaae.jsonl",
)


def targets(folder: Path) -> tuple[Target, ...]:
    rollouts = _Logs(ROLLOUTS, folder / "codex", ROLLOUT_NAMES, tokens.check_codex)
    transcripts = _Logs(Transcripts(), folder / "claude", TRANSCRIPT_NAMES, tokens.check_claude)
    return (
        Target(name="rollouts", make=_of("codex"), check=rollouts.check, suffix=".jsonl"),
        Target(name="transcripts", make=_of("claude"), check=transcripts.check, suffix=".jsonl"),
    )


def _of(program: str) -> mutate.Make:
    """Mostly one log; else some of one version's, which may be copies of each other."""
    samples = FIXTURES / program
    versions = [
        [file.read_bytes() for file in sorted(folder.rglob("*.jsonl"))]
        for folder in sorted(samples.iterdir())
    ]
    versions.append([log for log in reported(f"*/home/.{program}/**/*.jsonl") if len(log) < _LARGE])
    makes = [mutate.of_lines(logs) for logs in versions if logs]

    def make(random: Random) -> bytes:
        one = random.choice(makes)
        return BETWEEN.join(one(random).rstrip(b"\n") + b"\n" for _ in range(random.choice((1, 1, 1, 2, 3))))

    return make


class _Logs:
    """The properties of a log format, in a home of its own."""

    def __init__(
        self,
        fmt: LogFormat,
        home: Path,
        names: Sequence[str],
        check_tokens: Callable[[Iterable[BilledResponse], bytes], None],
    ) -> None:
        self._fmt, self._home, self._check_tokens = fmt, home, check_tokens
        self._paths = [home / name for name in names]
        for path in self._paths:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._scanner: LogScanner = fmt.scanner()

    def check(self, content: bytes) -> None:
        parts = content.split(BETWEEN)[: len(self._paths)]
        scans = [self._scan(path, part) for path, part in zip(self._paths, parts, strict=False)]
        responses = self._resolved(scans)
        require(self._resolved(scans[::-1]) == responses, "in another order it is something else")
        self._check_tokens(responses, b"\n".join(parts))
        last = max(scan.last_ms for scan in scans)
        require(all(response.at_ms <= last for response in responses), "a response after the last one")
        self._check_pieces(parts[0], scans[0])

    def _check_pieces(self, content: bytes, whole: ScanResult) -> None:
        """A log that grew between two scans."""
        path = self._paths[0]
        first = self._scan(path, content[: zlib.crc32(content) % (len(content) + 1)])
        again = self._scan(
            path, content, Checkpoint(first.offset, first.fingerprint, first.skipped, first.observation)
        )
        require(self._resolved([again]) == self._resolved([whole]), "in two pieces it is something else")
        require(again.skipped == whole.skipped, "in two pieces others were skipped")

    def _scan(self, path: Path, content: bytes, checkpoint: Checkpoint | None = None) -> ScanResult:
        path.write_bytes(content)
        return self._scanner.scan(str(path), checkpoint)

    def _resolved(self, scans: Sequence[ScanResult]) -> list[BilledResponse]:
        return self._fmt.resolve([Observed(self._home, scan.observation) for scan in scans]).responses
