"""prices.toml is changed by one price at a time, and all else in it stays byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.host.toml_lines import BadToml, read_toml
from providers.ledger.prices.own_prices import read_prices
from tray.engine.prices_edit import KEYS, RuleValues, Value, added, changed, removed
from tray.engine.toml_file import CannotEdit

FILE = """# mine
[[price]]
model = "gpt-5.5*"   # why
input = 5.00
output = 30
[[price.above]]
prompt = 272000
input = 10

# a region
[[region]]
name = "us"
models = ["a"]
times = 1.1

  [[price]]   # two
  model = 'x'
  as = "gpt-5.5"
"""
DAY = date(2026, 12, 1)
Edit = Callable[[str], str]


def test_a_price_is_added_at_the_end() -> None:
    rule: RuleValues = {"output": Decimal("2.50"), "model": 'a"b', "input": Decimal(0), "until": None}
    entry = '[[price]]\nmodel = "a\\"b"\ninput = 0\noutput = 2.5\n'
    assert added(FILE, rule) == f"{FILE}\n{entry}"
    assert added("", rule) == entry
    assert added("# mine", rule) == f"# mine\n\n{entry}"


def test_a_changed_price_keeps_its_comments_numbers_and_tables() -> None:
    new = changed(FILE, 0, {"until": DAY, "input": Decimal(5), "output": Decimal("31.5"), "source": "s"})
    assert new == FILE.replace(
        "why\ninput = 5.00\noutput = 30\n",
        'why\nuntil = 2026-12-01\ninput = 5.00\noutput = 31.5\nsource = "s"\n',
    )
    new = changed(FILE, 1, {"as": None, "input": Decimal(1), "output": Decimal(2)})
    assert new == FILE.replace('  as = "gpt-5.5"\n', "  input = 1\n  output = 2\n")


def test_a_copy_has_the_tables_of_the_first_and_stands_below_it() -> None:
    first = FILE[FILE.index("[[price]]") : FILE.index("\n# a region")]
    copy = first.replace("input = 5.00", "from = 2026-12-01\ninput = 6")
    assert added(FILE, {"from": DAY, "input": Decimal(6)}, copy_of=0) == FILE.replace(
        first, f"{first}\n{copy}"
    )


def test_a_removed_price_leaves_the_comments_around_it() -> None:
    top, region = FILE.index("[[price]]"), FILE.index("\n# a region")
    second = FILE.index("\n  [[price]]")
    assert removed(FILE, 1) == FILE[:second]
    assert removed(FILE, 0) == FILE[:top] + FILE[region:]
    assert removed(removed(FILE, 0), 0) == FILE[:top] + FILE[region:second]


@pytest.mark.parametrize("number", [-1, 2, 99])
def test_a_price_that_is_gone_is_not_changed(number: int) -> None:
    edits: list[Edit] = [
        partial(changed, number=number, values={}),
        partial(removed, number=number),
        partial(added, copy_of=number, values={}),
    ]
    for edit in edits:
        with pytest.raises(CannotEdit, match="no such price any more"):
            edit(FILE)


@pytest.mark.parametrize(
    "text",
    [
        'price = [{model = "a", input = 1, output = 1}]\n',
        '[[price]]\nmodel = "a"\nsource = """\n[[price]]\n"""\ninput = 1\noutput = 1\n',
    ],
)
def test_what_is_too_odd_is_left_to_the_person(text: str) -> None:
    edits: list[Edit] = [partial(changed, number=0, values={"input": Decimal(3)}), partial(removed, number=0)]
    for edit in edits:
        with pytest.raises(CannotEdit, match="edit it by hand"):
            edit(text)


MODELS = ('"gpt-5.5*"', "'x'", '"a # b"', '"\\u00e9"')
numbers = st.sampled_from(["0", "5", "5.00", "1e-3", "0.25", "1_000"])
notes = st.sampled_from(["", "  # why", "\t#"])
blanks = st.sampled_from(["", "\n", "\n\n", "# note\n", "\n# [[price]]\n", "# a\n\n# b\n"])


@st.composite
def entries(draw: st.DrawFn) -> str:
    """A valid [[price]], however a person may have written it."""
    indent = draw(st.sampled_from(["", "  ", "\t"]))
    equals = draw(st.sampled_from([" = ", "=", "  =  "]))
    keys = {"model": draw(st.sampled_from(MODELS))}
    if draw(st.booleans()):
        keys["as"] = '"gpt-5.5"'
    else:
        keys |= {"input": draw(numbers), '"output"' if draw(st.booleans()) else "output": draw(numbers)}
        keys |= {name: draw(numbers) for name in draw(st.sets(st.sampled_from(["cache_read", "web_search"])))}
    if draw(st.booleans()):
        keys["from"] = "2026-01-02"
    lines = [f"{indent}{key}{equals}{value}{draw(notes)}\n" for key, value in keys.items()]
    lines = draw(st.permutations(lines))
    lines.insert(draw(st.integers(0, len(lines) - 1)), draw(st.sampled_from(["", "# within\n", "\n"])))
    tables = ["[[price.above]]\nprompt = 272000\ninput = 10\n"] if "input" in keys else []
    tables += [
        "[price.tier.fast]\ntimes = 2.5 # x\n",
        "[ price . tier . flex ]\ntimes=1\n",
        "tier.a.times = 1\n",
    ]
    some = draw(st.sampled_from([[], tables[:1], tables, tables[1:]]))
    header = draw(st.sampled_from(["[[price]]", " [[ price ]] # one", '[["price"]]']))
    return f"{header}\n{''.join(lines)}{''.join(some)}"


REGION = '[[region]]\nname = "us"\nmodels = [\n  "a", # b\n]\ntimes = 1.1\n'


@st.composite
def files(draw: st.DrawFn) -> tuple[list[str], bool]:
    """The pieces of a valid file, and whether it has the line ends of Windows."""
    pieces = [draw(blanks)]
    for _ in range(draw(st.integers(0, 4))):
        pieces += [draw(entries()), draw(blanks)]
        if draw(st.booleans()):
            pieces[-1] += REGION + draw(blanks)
    return pieces, draw(st.booleans())


amounts = st.decimals(0, 1_000_000, places=6)
days = st.dates(date(2020, 1, 1), date(2040, 1, 1))
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=9)


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Value | None]:
    found: dict[str, Value | None] = {"model": draw(texts), "input": draw(amounts), "output": draw(amounts)}
    found["as"] = None
    found |= {key: draw(st.none() | amounts) for key in ("cache_read", "cache_write", "cache_write_1h")}
    found |= {"from": draw(st.none() | days), "source": draw(st.none() | texts)}
    return found


def parsed(entry: dict[str, Any], rule: RuleValues) -> dict[str, Any]:
    new = {**entry, **{key: int(value) if isinstance(value, int) else value for key, value in rule.items()}}
    return {key: value for key, value in new.items() if value is not None}


def joined(pieces: list[str], crlf: bool) -> str:
    text = "".join(pieces)
    return text.replace("\n", "\r\n") if crlf else text


@settings(deadline=None, max_examples=400)
@given(file=files(), rule=rules(), data=st.data())
def test_any_file_keeps_all_but_that_price(
    file: tuple[list[str], bool], rule: dict[str, Value | None], data: st.DataObject
) -> None:
    pieces, crlf = file
    text = joined(pieces, crlf)
    before = read_toml(text).get("price", [])
    end = "\r\n" if crlf else "\n"
    new = added(text, rule)
    assert new.startswith(text.rstrip("\r\n") if text.strip() else text)
    assert read_toml(new)["price"] == [*before, parsed({}, rule)]
    if "\r\n" in text:
        assert "\n" not in new.replace("\r\n", "")
    if not before:
        return
    number = data.draw(st.integers(0, len(before) - 1))
    above, below = joined(pieces[: 2 * number + 1], crlf), joined(pieces[2 * number + 2 :], crlf)
    new = changed(text, number, rule)
    assert new.startswith(above)
    assert new.endswith(below)
    assert read_toml(new)["price"] == [
        *before[:number],
        parsed(before[number], rule),
        *before[number + 1 :],
    ]
    copied = added(text, rule, copy_of=number)
    assert copied.startswith(above + joined([pieces[2 * number + 1]], crlf))
    assert copied.endswith(below)
    assert read_toml(copied)["price"][number + 1] == parsed(before[number], rule)
    ended = changed(text, number, {"until": date(2030, 1, 1)})
    kept = [line for line in ended.split(end) if line.strip() != "until = 2030-01-01"]
    assert [line for line in kept if line.strip()] == [line for line in text.split(end) if line.strip()]
    gone = removed(text, number)
    assert gone.startswith(above.rstrip("\r\n"))
    assert gone.endswith(below if above.strip() else below.lstrip("\r\n"))
    assert read_toml(gone).get("price", []) == [*before[:number], *before[number + 1 :]]
    assert read_toml(gone).get("region") == read_toml(text).get("region")


@settings(deadline=None)
@given(rule=rules(), span=st.integers(1, 99))
def test_what_is_written_reads_as_what_was_asked(rule: dict[str, Value | None], span: int) -> None:
    since = rule["from"]
    rule["until"] = since + timedelta(days=span) if isinstance(since, date) else None
    if not str(rule["model"]).strip():
        return
    (entry,) = read_prices(added("", rule), "prices.toml").entries
    assert (entry.since, entry.until) == (rule["from"], rule["until"])
    assert entry.model == str(rule["model"]).strip().lower()
    assert entry.price is not None
    assert [getattr(entry.price, key) for key in KEYS[4:8]] == [rule[key] for key in KEYS[4:8]]


@given(st.text() | st.lists(st.sampled_from([*'[]="{}', "[[price]]", "price.", "\n", "1"])).map("".join))
def test_any_text_is_edited_or_refused(text: str) -> None:
    rule: RuleValues = {"model": "a", "input": Decimal(1), "output": Decimal(1)}
    edits: list[Edit] = [
        partial(added, values=rule),
        partial(added, values=rule, copy_of=0),
        partial(changed, number=0, values=rule),
        partial(removed, number=0),
    ]
    for edit in edits:
        with suppress(BadToml, CannotEdit):
            read_toml(edit(text))
