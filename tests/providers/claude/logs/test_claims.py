"""The responses of a transcript while it is read: it does not matter how many are held decoded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec import msgpack

from providers.claude.logs.claims import Best, Claims
from providers.claude.logs.transcript import MAKE, Claim, Location, ResponseRow, Served, encode, packed

NUMBERS = st.integers(0, 3)
BESTS: st.SearchStrategy[Best] = st.builds(
    lambda at, place, output, model: (
        "msg",
        float(at),
        Location(False, "s", "s", f"/{place}", ""),
        Claim(output > 1, output, output, 0, 0, 0, 0, 0, 0),
        Served(f"model-{model}", "", ""),
    ),
    *[NUMBERS] * 4,
)
ADDED = st.lists(st.tuples(st.integers(0, 12), BESTS), max_size=40)


def content(claims: Claims) -> dict[int, tuple[float, Location, Claim, Served]]:
    places: dict[Location, int] = {}
    served: dict[Served, int] = {}
    rows = msgpack.decode(encode(claims.rows(places, served)), type=list[ResponseRow])
    of, by = list(places), list(served)
    assert sorted(claims.keys()) == sorted(row.key for row in rows)
    assert {of[row.place] for row in rows} <= set(claims.places())
    return {row.key: (row.at, of[row.place], row.claim, by[row.served]) for row in rows}


def observation(claims: Claims) -> bytes:
    places: dict[Location, int] = {}
    served: dict[Served, int] = {}
    rows = claims.rows(places, served)
    return encode((MAKE, 0, list(places), [], list(served), rows, [], 0.0, "", None))


@given(ADDED, st.integers(1, 8), st.integers(0, 40))
def test_few_that_are_held_decoded_are_the_same_as_all(
    added: list[tuple[int, Best]], most: int, stop: int
) -> None:
    """Also where another reader goes on."""
    all_, few = Claims(), Claims(most)
    for number, (key, best) in enumerate(added):
        if number == stop:
            last, few = few, Claims(most)
            few.go_on(packed(observation(last)))
        all_.add(key, best)
        few.add(key, best)
    assert content(few) == content(all_)
