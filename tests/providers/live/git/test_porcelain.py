"""What is read of git's output, whatever is in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from providers.domain.live import GitState
from providers.live.git.porcelain import read_status

PRINTED = (
    b"# branch.oid 0123\0# branch.head main\0# branch.upstream origin/main\0# branch.ab +1 -0\0"
    b"1 .M N... 100644 100644 100644 01 01 changed\0"
    b"1 A. N... 000000 100644 100644 00 01 added\0"
    b"1 .A N... 000000 000000 100644 00 00 intended\0"
    b"2 R. N... 100644 100644 100644 01 01 R100 new\0? old\0"
    b"2 C. N... 100644 100644 100644 01 01 C75 copy\x001 A. original\0"
    b"1 D. N... 100644 000000 000000 01 00 removed\0"
    b"u UU N... 100644 100644 100644 100644 01 02 03 conflict\0"
    b"? untracked\0! ignored\0"
)


def test_each_kind_of_record() -> None:
    assert read_status(PRINTED) == GitState(branch="main", added=4, modified=4)


def test_without_a_branch() -> None:
    assert read_status(b"# branch.oid (initial)\0# branch.head (detached)\0") == GitState(
        branch=None, added=0, modified=0
    )


@given(st.one_of(st.binary(max_size=200), st.integers(0, len(PRINTED)).map(lambda cut: PRINTED[:cut])))
def test_anything_else_is_no_error(out: bytes) -> None:
    found = read_status(out)
    assert found.added is not None
    assert found.modified is not None
    assert found.added + found.modified <= out.count(b"\0") + 1
