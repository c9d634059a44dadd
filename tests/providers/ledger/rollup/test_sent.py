"""How many messages were sent, counted one by one."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.domain.cost import BilledResponse, SentMessage
from providers.ledger.contexts import Contexts
from providers.ledger.database import opened, transaction
from providers.ledger.ledger import Ledger
from providers.ledger.messages import replace_messages
from providers.ledger.rollup.rollup import Rollup
from providers.ledger.rollup.selection import Dimension, Selection
from providers.ledger.rollup.update import Homes
from tests.providers.ledger.rollup.naive import HOMES, Held, Plain, responses, write
from tests.providers.ledger.rollup.test_changes import CHOICES
from tests.providers.ledger.rollup.test_sums import selections

BY: tuple[tuple[Dimension, ...], ...] = (
    (),
    ("day", "provider"),
    ("week", "account"),
    ("month",),
    ("weekday", "part_of_day"),
    ("home", "project"),
    ("thread", "session"),
)


def send(file: Path, held: Sequence[Held], before: Sequence[Held]) -> None:
    """A message for each of these, at the same time in the same session."""
    write(file, held, before)
    with opened(file) as db, transaction(db):
        for provider in HOMES:
            parts: dict[int, list[SentMessage]] = {}
            contexts = Contexts(db, provider)
            for each in held:
                for home in each.homes if each.provider == provider else ():
                    context = replace(each.response.context, home=home, model=None, effort=None, tier=None)
                    message = SentMessage(each.response.at_ms, each.response.key, context)
                    parts.setdefault(each.part, []).append(message)
                    contexts.number(replace(each.response, context=replace(each.response.context, home=home)))
            old = {each.part for each in before if each.provider == provider}
            of_parts = [([part], own) for part, own in sorted(parts.items())]
            replace_messages(db, contexts, of_parts, old | parts.keys())


def as_messages(held: Sequence[Held]) -> list[Held]:
    return [
        replace(
            each,
            response=replace(each.response, context=replace(each.response.context, model=None, effort=None)),
        )
        for each in held
    ]


@settings(max_examples=40, deadline=None)
@given(responses(), responses(), selections, st.sampled_from(CHOICES))
def test_whatever_is_asked_for(
    before: Sequence[Held], after: Sequence[Held], selection: Selection, homes: Homes
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ledger.sqlite3"
        rollup = Rollup()
        earlier: Sequence[Held] = ()
        for chosen_ones in (before, after):
            held = [replace(each, response=_on_lines(each)) for each in chosen_ones]
            send(file, held, earlier)
            Ledger(file).load(rollup, homes)
            plain, chosen = Plain(as_messages(held), homes), replace(selection, model=None)
            for by in BY:
                wanted = {key: each.responses for key, each in plain.tallies(chosen, by).items()}
                assert rollup.messages(chosen, by) == wanted
            earlier = held
        assert rollup.messages(replace(selection, model="a")) is None
        assert rollup.messages(chosen, ("model",)) is None


def _on_lines(each: Held) -> BilledResponse:
    return replace(each.response, context=replace(each.response.context, not_on_lines=False))
