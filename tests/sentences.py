"""Every sentence in the code that a person may read, by file: `python -m tests.sentences` prints the list that
`tests/sentences.txt` holds.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import providers
import tray

SENTENCE = re.compile(r".*[a-z’'`] [a-z].*[.?!]\s*", re.DOTALL)
"""Words, and a full stop."""
SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|WITH)\b")


def listing() -> str:
    """All of them: a heading for each file, and below it a line for each sentence, in the order of the file."""
    blocks = []
    for package in (providers, tray):
        root = Path(str(package.__file__)).parent
        for path in sorted(root.rglob("*.py")):
            lines = dict.fromkeys(sentences(ast.parse(path.read_text(encoding="utf-8"))))
            if lines:
                blocks.append(
                    "\n".join([path.relative_to(root.parent).as_posix(), *(f"    {line}" for line in lines)])
                )
    return "\n\n".join(blocks) + "\n"


def sentences(module: ast.Module) -> Iterator[str]:
    """Of the literals that are no docstrings, those that read as sentences; what is filled in stands in braces."""
    for node in _literals(module):
        text = _text(node)
        if SENTENCE.fullmatch(text) and not SQL.match(text):
            yield text.strip().replace("\n", r"\n")


def _literals(node: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue  # a docstring
        if isinstance(child, ast.JoinedStr) or (
            isinstance(child, ast.Constant) and isinstance(child.value, str)
        ):
            yield child
        else:
            yield from _literals(child)


def _text(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "".join(
        f"{{{ast.unparse(part.value)}}}" if isinstance(part, ast.FormattedValue) else ast.literal_eval(part)
        for part in node.values
    )


if __name__ == "__main__":
    print(listing(), end="")
