"""What people read, all of it in one place."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.sentences import listing, sentences

LIST = Path(__file__).with_name("sentences.txt")


def test_every_sentence_stands_in_the_list() -> None:
    assert listing() == LIST.read_text(encoding="utf-8"), (
        "Read the new sentences aloud; if they are good, run `python -m tests.sentences > tests/sentences.txt`."
    )


@pytest.mark.parametrize(
    "slip", [r"  +\S", r" [.,;:?!](?= |$)", r"\.\.\.", r"(?i)\b(a|an|the|to|is) \1\b", r"[‘’“”]"]
)
def test_no_sentence_has_a_slip(slip: str) -> None:
    lines = [line.strip() for line in LIST.read_text(encoding="utf-8").splitlines()]
    assert [line for line in lines if re.search(slip, line)] == []


def test_what_counts_as_a_sentence() -> None:
    code = ast.parse(
        '''
def f(path):
    """A docstring is none of them."""
    run("SELECT key FROM logs WHERE x = '.'", "codex login", "one.")
    raise Problem(f"{path} is not valid JSON.", remedy="Fix it, "
        "or delete it.")
'''
    )
    assert list(sentences(code)) == ["{path} is not valid JSON.", "Fix it, or delete it."]
