"""What `git status --porcelain=v2 -z --branch` prints: pure. No name of a file leaves it."""

from __future__ import annotations

from providers.domain.live import GitState

_DETACHED = b"(detached)"
_NEW = b"AC"
"""Added, or a copy."""


def read_status(out: bytes) -> GitState:
    """Records end with NUL, so that a name may hold anything; a renamed file has its old name in a record of its
    own. What is deleted, renamed or in conflict counts as modified.
    """
    branch: str | None = None
    added = modified = 0
    records = iter(out.split(b"\0")[:-1])
    for record in records:
        kind = record[:2]
        if kind == b"# ":
            name, _, value = record[2:].partition(b" ")
            if name == b"branch.head" and value != _DETACHED:
                branch = value.decode(errors="replace")
        elif kind == b"? ":
            added += 1
        elif kind in (b"1 ", b"2 "):
            if kind == b"2 ":
                next(records, None)
            if any(change in _NEW for change in record[2:4]):
                added += 1
            else:
                modified += 1
        elif kind == b"u ":
            modified += 1
    return GitState(branch=branch, added=added, modified=modified)
