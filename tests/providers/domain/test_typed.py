"""Decoders that several threads need at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ROUNDS = 300
PROGRAM = f"""
import sys, threading
import msgspec
from providers.domain import typed

sys.setswitchinterval(1e-6)
RAW = b'{{' + b','.join(b'"member%d":{{"x":[1]}}' % number for number in range(12)) + b'}}'
failed = []

def decode(kind, barrier):
    barrier.wait()
    try:
        KIND
    except BaseException as error:
        failed.append(error)

for _ in range({ROUNDS}):
    names = [f"Part{{number}}" for number in range(12)]
    parts = [
        msgspec.defstruct(name, [("x", "list[int] | None", None)], namespace={{"__module__": "__main__"}})
        for name in names
    ]
    whole = msgspec.defstruct("Whole", [(f"member{{n}}", part) for n, part in enumerate(parts)])
    barrier = threading.Barrier(3)
    threads = [threading.Thread(target=decode, args=(whole, barrier)) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
assert not failed, failed
"""


@pytest.mark.parametrize(
    "decoding",
    [
        "typed.json_decode(RAW, kind)",
        "typed.json_decoder(kind).decode(RAW)",
        "typed.convert(msgspec.json.decode(RAW), kind)",
    ],
)
def test_threads_may_meet_a_struct_at_once(decoding: str) -> None:
    """A fault here ends the interpreter: so it is another one."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("KIND", decoding)], cwd=ROOT, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
