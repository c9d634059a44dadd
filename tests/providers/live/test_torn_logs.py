"""Logs that are torn, cut off, written anew, replaced or deleted while they are looked at."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from providers.live.tail import Tail, TailBounds
from tests.providers.live.fakes import FakeSessions

BOUNDS = TailBounds(first=64, most=600, block=48, line=150)
KINDS = st.sampled_from(
    [{"turn": "open"}, {"turn": "ended"}, {"compacted": 1}, {"model": "m"}, {"call": "x"}, {}]
)
LINES = st.lists(st.tuples(KINDS, st.integers(0, 170)), max_size=12)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), LINES),
        st.tuples(st.just("anew"), LINES),
        st.tuples(st.just("replace"), LINES),
        st.tuples(st.just("tear"), st.integers(0, 150)),
        st.tuples(st.just("cut"), st.floats(0, 1)),
        st.tuples(st.just("delete"), st.none()),
        st.tuples(st.just("look"), st.none()),
        st.tuples(st.just("count"), st.integers(1, 400)),
        st.tuples(st.just("garbage"), st.binary(max_size=60)),
    ),
    max_size=25,
)


class Log:
    """A file that changes. No two lines have a piece of some length in common, and no two times are the same."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "log"
        self._numbers = count()

    def apply(self, kind: str, what: object) -> None:
        match kind, what:
            case "append", list(lines):
                self._write("ab", self._content(lines))
            case "anew", list(lines):
                self._write("wb", self._content(lines))
            case "replace", list(lines):
                other = self.path.with_name("other")
                other.write_bytes(self._content(lines))
                os.replace(other, self.path)
            case "tear", int(length):
                self._write("ab", self._content([({"turn": "open"}, 170)])[: length + 1])
            case "garbage", bytes(content):
                self._write("ab", content)
            case "cut", float(share) if self.path.exists():
                os.truncate(self.path, int(self.path.stat().st_size * share))
            case "delete", _:
                self.path.unlink(missing_ok=True)
        if self.path.exists():
            now = next(self._numbers) + 10**9
            os.utime(self.path, ns=(now, now))

    def finish(self) -> None:
        self._write("ab", b"\n")
        self.apply("append", [({"model": "last"}, 0), ({"turn": "open"}, 0)])

    def _write(self, mode: str, content: bytes) -> None:
        with self.path.open(mode) as file:
            file.write(content)

    def _content(self, lines: list[tuple[dict[str, object], int]]) -> bytes:
        return b"".join(
            json.dumps({**line, "fill": f"{next(self._numbers):07}" * (fill // 7)}).encode() + b"\n"
            for line, fill in lines
        )


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_in_the_end_it_is_as_if_read_at_once(steps: list[tuple[str, object]]) -> None:
    with TemporaryDirectory() as name:
        log, finder = Log(Path(name)), FakeSessions()
        tail = Tail(log.path, finder, BOUNDS)
        for kind, what in steps:
            if kind == "look":
                tail.look()
            elif kind == "count" and isinstance(what, int):
                with suppress(FileNotFoundError):  # until a look finds that out
                    tail.count_older(what)
            else:
                log.apply(kind, what)
        log.finish()
        facts = tail.look()
        assert facts is not None
        assert (facts.model, facts.turn) == ("last", "open")
        while tail.count_older(100):
            pass
        lines = log.path.read_bytes().split(b"\n")[:-1]
        counted = [finder.counts(line) for line in lines if len(line) <= BOUNDS.line]
        assert tail.turns == sum(turns for turns, _ in counted)
        assert tail.compactions == sum(compactions for _, compactions in counted)
