"""What is typed into the form of a price, and what is wrong with it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.ledger.prices.load import load_rates
from providers.ledger.prices.own_prices import read_prices
from tests.tray.hostile import NAMES
from tray.faces.page import own_rules, rule_form
from tray.faces.page.fields import PageForm, filled
from tray.faces.page.own_rules import OpenForm
from tray.faces.page.query import PageQuery, parse
from tray.faces.page.rule_form import RuleDraft, copied, draft, fields_of, typed_of

RATES = load_rates()
FILE = Path("prices.toml")
TEXT = """# mine
[[price]]
model = "ACME"   # a discount
until = 2026-07-09
input = 5.00
output = 30
[[price.above]]
prompt = 272000
input = 10

[[price]]
model = "acme"
from = 2026-07-09
as = "gpt-5.5"
"""
ADD = OpenForm(kind="add")
RULE = {"model": "other", "input": "1", "output": "2"}


def drafted(typed: dict[str, str], asked: OpenForm = ADD, text: str = TEXT) -> RuleDraft:
    return draft(asked, typed, text, RATES.with_own(text), FILE)


def mistakes(asked: OpenForm = ADD, /, **typed: str) -> dict[str, str]:
    found = drafted({**RULE, **{key.rstrip("_"): value for key, value in typed.items()}}, asked)
    assert (found.text is None) is bool(found.mistakes)
    return dict(found.mistakes)


def test_a_price_is_added_as_typed() -> None:
    found = drafted(
        {**RULE, "input": " $1.50 ", "cache_read": ".5", "from": "2026-01-02", "source": "a page"}
    )
    assert found.text == (
        f'{TEXT}\n[[price]]\nmodel = "other"\nfrom = 2026-01-02\ninput = 1.5\ncache_read = 0.5\noutput = 2\n'
        'source = "a page"\n'
    )


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"model": " "}, "model", "Enter a model, or a pattern with *."),
        ({"model": "a\nb"}, "model", "This contains invisible characters. Type it again."),
        ({"model": "x" * 201}, "model", "Use at most 200 characters."),
        ({"input": ""}, "input", "Enter this rate, or 0 if it is free."),
        ({"input": "-1"}, "input", "A price cannot be negative."),
        ({"input": "1,5"}, "input", "Write decimals with a point"),
        ({"input": "a"}, "input", "This is not a number. Write it such as 2.5."),
        ({"input": "NaN"}, "input", "This is not a number."),
        ({"input": "Infinity"}, "input", "This is not a number."),
        ({"input": "1e9"}, "input", "This is not a number."),
        ({"input": "1_0"}, "input", "This is not a number."),
        ({"input": "٣"}, "input", "This is not a number."),
        ({"input": "1000001"}, "input", "This is more than 1,000,000."),
        ({"input": "9" * 5000}, "input", "This is not a number."),
        ({"from_": "yesterday"}, "from", "This is not a date. Write it such as 2026-07-09."),
        ({"from_": "2026-02-30"}, "from", "This is not a date."),
        (
            {"from_": "2026-07-09", "until": "2026-07-09"},
            "until",
            "Choose a day after 2026-07-09, the first one.",
        ),
        ({"as_": "gpt-5.5"}, "as", "Enter either this or the rates, not both."),
        ({"as_": "nobody", "input": "", "output": ""}, "as", "No price of nobody is known."),
        (
            {"model": "Acme", "from_": "2026-07-01"},
            "from",
            "These days overlap with your price of acme until 2026-07-08",
        ),
        (
            {"model": "Acme", "from_": "2026-08-01"},
            "from",
            "your price of acme since 2026-07-09 (line 12). End that one",
        ),
    ],
)
def test_each_mistake_has_a_sentence_at_its_field(typed: dict[str, str], field: str, sentence: str) -> None:
    found = mistakes(**typed)
    assert list(found) == [field]
    assert sentence in found[field]


def test_all_mistakes_are_shown_at_once() -> None:
    assert list(mistakes(model="", input="x", output="", until="x", from_="x")) == [
        "from",
        "until",
        "input",
        "model",
        "output",
    ]


def test_a_changed_price_keeps_what_was_not_changed() -> None:
    first = RATES.with_own(TEXT).own[0]
    edit = OpenForm(kind="edit", number=0)
    assert drafted(typed_of(first), edit).text == TEXT, "not even the capitals of its name"
    assert drafted({**typed_of(first), "output": "31"}, edit).text == TEXT.replace("= 30", "= 31")
    assert list(drafted({**typed_of(first), "until": "2026-07-10"}, edit).mistakes) == ["from"]


def test_a_copy_begins_where_the_first_one_ends() -> None:
    first = RATES.with_own(TEXT).own[0]
    copy = copied(first, date(2026, 11, 20))
    assert copy == {"model": "acme", "from": "2026-07-09", "until": "", "input": "5", "output": "30"}
    assert "overlap" in drafted(copy, OpenForm(kind="copy", number=0)).mistakes["from"]
    last = TEXT[: TEXT.index('\n[[price]]\nmodel = "acme"')]
    found = drafted({**copy, "input": "6"}, OpenForm(kind="copy", number=0), last)
    assert found.text is not None
    entries = read_prices(found.text, "x").entries
    assert [each.since for each in entries] == [None, date(2026, 7, 9)]
    assert entries[1].price is not None
    assert entries[1].price.at(300_000)["input"] == Decimal(10), "with its rates for long prompts"


def test_the_end_changes_one_line() -> None:
    end = OpenForm(kind="end", number=1)
    assert drafted({"until": "2026-12-01"}, end).text == TEXT.replace(
        "07-09\nas", "07-09\nuntil = 2026-12-01\nas"
    )
    assert mistakes(end, until="2026-07-09") == {"until": "Choose a day after 2026-07-09, the first one."}
    assert mistakes(end, until=" ") == {"until": "Choose a day."}
    assert mistakes(end, until="soon")["until"].startswith("This is not a date.")


def test_a_deleted_price_is_gone() -> None:
    assert drafted({}, OpenForm(kind="delete", number=1)).text == TEXT[: TEXT.rindex("\n[[price]]")]


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_hostile_names_are_kept_as_typed_and_never_break_the_file(name: str) -> None:
    found = drafted({**RULE, "model": name, "source": name})
    if found.text is not None:
        entry = read_prices(found.text, "x").entries[-1]
        assert entry.model == name.strip().lower()
    shown = filled(fields_of(), {"model": name}, found.mistakes)
    assert "\ud83d" not in shown[0].value
    assert len(shown[0].value) <= 500


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["model", "from", "until", "as", "input", "output", "cache_read", "web_search", "source", "x"]
        ),
        st.text(max_size=12) | st.sampled_from(["1", "2026-01-01", "gpt-5.5", "acme", "a*", "0.5"]),
    ),
    st.sampled_from([ADD, *(OpenForm(kind=kind, number=n) for kind in own_rules.KINDS[1:] for n in (0, 1))]),
)
def test_any_form_makes_a_valid_file_or_has_mistakes(typed: dict[str, str], asked: OpenForm) -> None:
    found = drafted(typed, asked)
    assert (found.text is None) is bool(found.mistakes)
    if found.text is not None:
        assert RATES.with_own(found.text).problem is None
        assert "# mine" in found.text
    known = {each.name for each in fields_of()}
    assert found.mistakes.keys() <= known | {rule_form.ENTIRE_FORM}


def test_which_form_an_address_opens() -> None:
    query = PageQuery(range="all")
    address = own_rules.opened(query, "edit", 3)
    assert address == "/?tab=prices&range=all&open=price%3Aedit%3A3#price-form"
    assert own_rules.asked(parse({"open": "price:edit:3"})) == OpenForm(kind="edit", number=3)
    assert own_rules.asked(parse({"open": "price:add:a:b"})) == OpenForm(kind="add", model="a:b")
    for other in (
        "",
        "price",
        "price:edit:",
        "price:edit:-1",
        "price:edit:1x",
        "price:hack:1",
        "rows:1",
        "price:end:٣",
    ):
        assert own_rules.asked(parse({"open": other})) is None
    assert PageForm(action="a", title="b", fields=(), buttons=(), back="/").groups == ()
