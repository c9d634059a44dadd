from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from providers.domain.cost import TokenUsage
from providers.ledger.prices.load import load_rates
from providers.ledger.prices.own_prices import BadPrices, read_prices
from providers.ledger.prices.pricing import Rates
from providers.ledger.prices.rates import Used
from tests.providers.ledger.prices.sample import pico, price
from tools.make_rates import RATES

LIBRARY = RATES.read_bytes()
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MILLION = TokenUsage(input_tokens=1_000_000)
FREE = "input = 0\noutput = 0\n"


def entry(model: str, rate: float, *more: str) -> str:
    return "\n".join(("[[price]]", f'model = "{model}"', f"input = {rate}", "output = 0", *more, ""))


def rates_of(own: str, ours: str = "") -> Rates:
    rates = Rates(LIBRARY, ours, own)
    assert rates.problem is None
    return rates


def usd(rates: Rates, model: str, at: datetime = NOW, tier: str | None = None) -> float | None:
    return price(rates, model, MILLION, at, tier=tier)


def used(rates: Rates, model: str, tier: str | None = None) -> Used:
    found = rates.used(model, NOW, tier=tier)
    assert found is not None
    return found


# --- which price holds ---------------------------------------------------------------------------------------


def test_a_persons_own_price_is_over_the_librarys_and_ours_fills_its_gaps() -> None:
    assert usd(rates_of("", ""), "gpt-5.5") == 10  # a long prompt
    assert usd(rates_of("", entry("gpt-5.5", 2)), "gpt-5.5") == 10
    assert usd(rates_of("", entry("acme", 2)), "acme") == 2
    assert usd(rates_of(entry("acm*", 1), entry("acme", 2)), "acme") == 1
    rates = rates_of(entry("gpt-5.4", 1), entry("acme", 2, "checked = 2026-11-28"))
    layers = [used(rates, model) for model in ("gpt-5.4", "acme", "gpt-5.2")]
    assert [each.layer for each in layers] == ["own", "tankful", "library"]
    assert [each.origin for each in layers[:2]] == [
        "your prices.toml, line 2",
        "tankful's prices.toml, checked 2026-11-28",
    ]


def test_ours_fills_the_tiers_that_the_library_lacks_and_no_others() -> None:
    ours = '[[price]]\nmodel = "gpt-5.5"\nas = "gpt-5.5"\n'
    ours += "[price.tier.fast]\ntimes = 9\n[price.tier.warp]\ntimes = 7\n"
    rates = rates_of("", ours)
    assert [usd(rates, "gpt-5.5", tier=tier) for tier in (None, "fast", "warp")] == [10, 12.5, 70]
    assert [used(rates, "gpt-5.5", tier).layer for tier in ("fast", "warp")] == ["library", "tankful"]


def test_our_names_mean_the_snapshots_of_a_model_and_a_persons_own_only_what_they_say() -> None:
    assert usd(rates_of("", entry("gpt-9", 2)), "openai/gpt-9-20261117") == 2
    assert usd(rates_of("", entry("gpt-9", 2)), "gpt-9-turbo") is None
    assert usd(rates_of(entry("gpt-9", 2)), "gpt-9-2026-11-17") is None


@pytest.mark.parametrize(
    ("glob", "hits"),
    [
        ("acme-1", True),
        ("ACME-1", True),
        ("acme*", True),
        ("*", True),
        ("*-1", True),
        ("a*e-*", True),
        ("acme-1*", True),
        ("acme", False),
        ("cme-1", False),
        ("acme.1", False),
        ("acme-?", False),
        ("acme-[1]", False),
    ],
)
def test_a_glob_is_anchored_and_blind_to_case(glob: str, hits: bool) -> None:
    for name in ("acme-1", "Acme-1"):
        assert (usd(rates_of(entry(glob, 7)), name) == 7) is hits


def test_the_glob_with_the_longest_plain_part_wins_then_the_latest() -> None:
    own = (
        entry("acme-*", 2, "from = 2026-06-01")
        + entry("acme-1-mini", 4)
        + entry("acme-1*", 3)
        + entry("*", 1)
        + entry("acm*-", 9)
    )
    rates = rates_of(own)
    assert [usd(rates, name) for name in ("acme-1-mini", "acme-1-max", "acme-2", "zeta")] == [4, 3, 2, 1]
    dated = rates_of(entry("acme-*", 2, "from = 2026-06-01") + entry("*-acme", 1) + entry("*acme-", 3))
    assert usd(dated, "acme-acme") == 2


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC), None),
        (datetime(2026, 7, 1, tzinfo=UTC), 1),
        (datetime(2026, 7, 31, 23, 59, 59, 999_999, tzinfo=UTC), 1),
        (datetime(2026, 8, 1, tzinfo=UTC), 2),
        (datetime(2026, 9, 1, tzinfo=UTC), None),
        (datetime(2026, 8, 1, 1, tzinfo=timezone(timedelta(hours=2))), 1),
    ],
)
def test_a_price_holds_from_its_first_utc_day_until_its_last_excluded(
    at: datetime, expected: float | None
) -> None:
    own = entry("acme", 2, "from = 2026-08-01", "until = 2026-09-01")
    own += entry("acme", 1, "from = 2026-07-01", "until = 2026-08-01")
    assert usd(rates_of(own), "acme", at) == expected


@pytest.mark.parametrize(
    "name", ["openai/gpt-5.5", "azure/gpt-5.5", "gpt-5.5-20260423", "gpt-5.5-2026-04-23"]
)
def test_an_own_price_holds_for_the_other_spellings_too(name: str) -> None:
    assert usd(rates_of(entry("gpt-5.5*", 3)), name) == 3


def test_another_makers_model_is_named_with_its_maker() -> None:
    rates = rates_of(entry("gpt-5.5", 3) + entry("acme/gpt-5.5", 4))
    assert (usd(rates, "acme/gpt-5.5"), usd(rates, "other/gpt-5.5")) == (4, None)


# --- what it says --------------------------------------------------------------------------------------------


def test_every_class_has_its_rate() -> None:
    own = """
[[price]]
model = "acme"
input = 1
cache_read = 0.1
cache_write = 1.25
cache_write_1h = 2
output = 8.000001
web_search = 12.5
"""
    usage = TokenUsage(
        input_tokens=1, cache_read_tokens=1, cache_write_tokens=3, cache_write_1h_tokens=1, output_tokens=1
    )
    rates = rates_of(own)
    assert pico(rates, "acme", usage, NOW) == 1_000_000 + 100_000 + 2_500_000 + 2_000_000 + 8_000_001
    assert price(rates, "acme", TokenUsage(), NOW, web_searches=2) == 0.025


def test_a_long_prompt_has_its_own_rates_for_the_whole_request() -> None:
    own = entry(
        "acme",
        1,
        "[[price.above]]\nprompt = 500\ninput = 4",
        "[[price.above]]\nprompt = 100\ninput = 2\noutput = 3",
    )
    rates = rates_of(own)
    for prompt, dollars in ((100, 100), (101, 202 + 3), (500, 1000 + 3), (501, 2004 + 3)):
        usage = TokenUsage(input_tokens=prompt, output_tokens=1)
        assert pico(rates, "acme", usage, NOW) == dollars * 10**6
    assert used(rates, "acme").above[500] == {
        **dict.fromkeys(("input", "cache_read", "cache_write", "cache_write_1h"), Decimal(4)),
        "output": Decimal(3),
    }


def test_a_tier_is_a_multiple_or_has_its_own_rates() -> None:
    own = entry(
        "acme",
        4,
        "web_search = 10",
        "[price.tier.Priority]\ntimes = 2.5",
        "[price.tier.flex]\ninput = 1",
        "[price.tier.nightly]\noutput = 1",
    )
    rates = rates_of(own)
    assert [usd(rates, "acme", tier=tier) for tier in (None, "priority", "flex", "nightly", "fast")] == [
        4,
        10,
        1,
        4,
        4,
    ]
    assert price(rates, "acme", TokenUsage(), NOW, tier="priority", web_searches=1) == 0.01
    assert [used(rates, "acme", tier).approximate for tier in ("priority", "fast")] == [False, True]


def test_a_model_is_priced_like_another_with_its_tiers_and_long_prompts() -> None:
    rates = rates_of('[[price]]\nmodel = "acme"\nas = "gpt-5.5"\n[price.tier.slow]\ntimes = 0.5\n')
    for tier in (None, "priority", "flex"):
        assert usd(rates, "acme", tier=tier) == usd(rates, "gpt-5.5", tier=tier)
    assert usd(rates, "acme", tier="slow") == 5
    assert (used(rates, "acme").model, used(rates, "acme").layer) == ("gpt-5.5", "library")
    assert (used(rates, "acme", "slow").model, used(rates, "acme", "slow").layer) == ("acme", "own")


def test_a_like_follows_the_layers_above_and_passes_by_itself() -> None:
    ours = '[[price]]\nmodel = "label"\nas = "gpt-5.5"\n'
    assert usd(rates_of(entry("gpt-5.5", 3), ours), "label") == 3
    itself = '[[price]]\nmodel = "gpt-5.5"\nas = "gpt-5.5"\n[price.tier.warp]\ntimes = 9\n'
    assert usd(rates_of(itself), "gpt-5.5", tier="warp") == 90
    ring = '[[price]]\nmodel = "gpt-5.5"\nas = "gpt-5.4"\n[[price]]\nmodel = "gpt-5.4"\nas = "gpt-5.5"\n'
    assert (usd(rates_of(ring), "gpt-5.5"), usd(rates_of(ring), "gpt-5.4")) == (10, 5)


def test_a_like_without_a_price_on_that_day_has_none() -> None:
    own = entry("old", 3, "until = 2026-01-01") + '[[price]]\nmodel = "new"\nas = "old"\n'
    rates = rates_of(own)
    assert usd(rates, "new", datetime(2025, 12, 31, tzinfo=UTC)) == 3
    assert usd(rates, "new") is None


# --- what is wrong with it -----------------------------------------------------------------------------------

GOOD = entry("good", 1) + "\n"  # five lines
BAD = {
    "not TOML": ('[[price]]\nmodel = "a\n', 7, "not TOML"),
    "cut off": ('[[price]]\nmodel = "', 7, "not TOML"),
    "an endless exponent": (
        f'[[price]]\nmodel = "a"\ninput = 1e{"9" * 30}\noutput = 1\n',
        10,
        "not TOML: cannot be parsed",
    ),
    "nested for ever": ("[[price]]\nabove = " + "[" * 9999, 7, "not TOML"),
    "an unknown key": ('[[price]]\nmodel = "a"\n\ninputs = 3\n', 9, "unknown key `inputs`"),
    "an unknown table": (
        "[[prices]]\n",
        6,
        "unknown key `prices`, only [[price]] and [[region]]",
    ),
    "a key before the tables": (
        "[other]\nx = 1\n",
        6,
        "unknown key `other`, only [[price]] and [[region]]",
    ),
    "a region without a factor": ('[[region]]\nname = "us"\nmodels = ["a"]\n', 6, "`times` is missing"),
    "a region of one model": (
        '[[region]]\nname = "us"\nmodels = "a"\ntimes = 2\n',
        8,
        "`models` should be a list of names in quotes",
    ),
    "a negative region": (
        '[[region]]\nname = "us"\nmodels = ["a"]\ntimes = -2\n',
        9,
        "`times` is negative",
    ),
    "an unknown key of a region": (
        '[[region]]\nname = "us"\nmodels = ["a"]\ntimes = 2\nexcluded = []\n',
        10,
        "unknown key `excluded`",
    ),
    "an unknown key of a tier": (
        entry("a", 1) + "[price.tier.fast]\ntime = 2\n",
        11,
        "unknown key `time`",
    ),
    "an unknown key inline": (entry("a", 1) + "tier.fast = {time = 2}\n", 10, "unknown key `time`"),
    "an unknown key above": (
        entry("a", 1) + "[[price.above]]\nprompt = 9\ninput = 1\n[[price.above]]\nprompts = 10\n",
        14,
        "unknown key `prompts`",
    ),
    "no model": ("[[price]]\ninput = 1\noutput = 1\n", 6, "`model` is missing"),
    "an empty model": ('[[price]]\nmodel = " "\n' + FREE, 7, "`model` is empty"),
    "a model that is no text": ("[[price]]\nmodel = 5.5\n" + FREE, 7, "`model` should be a name in quotes"),
    "no rates": (
        '[[price]]\nmodel = "a"\ninput = 1\n',
        6,
        "`output` is missing (or `as`, the model whose price applies)",
    ),
    "negative": (entry("a", -1), 8, "`input` is negative"),
    "a text for a number": ('[[price]]\nmodel = "a"\ninput = "1"\n', 8, "`input` is not a number"),
    "a yes for a number": ('[[price]]\nmodel = "a"\ninput = true\n', 8, "`input` is not a number"),
    "nan": ('[[price]]\nmodel = "a"\ninput = nan\n', 8, "`input` is not a number"),
    "inf": ('[[price]]\nmodel = "a"\ninput = inf\n', 8, "`input` is not a number"),
    "beyond reason": ('[[price]]\nmodel = "a"\ninput = 1e99999\n', 8, "`input` is more than 1000000"),
    "a negative multiple": (
        entry("a", 1) + "[price.tier.fast]\ntimes = -2\n",
        11,
        "`times` is negative",
    ),
    "a multiple and rates": (
        entry("a", 1) + "[price.tier.fast]\ninput = 3\ntimes = 2\n",
        12,
        "`times` cannot be combined with rates",
    ),
    "an empty tier": (
        entry("a", 1) + "[price.tier.fast]\n",
        10,
        "the tier `fast` has neither `times` nor rates",
    ),
    "a tier that is none": (
        entry("a", 1, "tier = 2"),
        10,
        "`tier` should be a table like [price.tier.priority]",
    ),
    "a date that is none": (
        entry("a", 1, 'from = "soon"'),
        10,
        "`from` should be a date like 2026-07-09",
    ),
    "a moment for a day": (
        entry("a", 1, "until = 2026-01-01T10:00:00Z"),
        10,
        "`until` should be a date like 2026-07-09",
    ),
    "backwards": (
        entry("a", 1, "until = 2026-01-01", "from = 2026-01-02"),
        10,
        "`until` is not after `from`",
    ),
    "no day at all": (
        entry("a", 1, "from = 2026-01-01", "until = 2026-01-01"),
        11,
        "`until` is not after `from`",
    ),
    "overlapping": (
        entry("a", 1, "until = 2026-02-02") + entry("A", 2, "from = 2026-02-01"),
        12,
        "overlaps the price of the same model on line 7: set `until` on the earlier one",
    ),
    "twice": (
        entry("good", 1),
        7,
        "overlaps the price of the same model on line 2: set `until` on the earlier one",
    ),
    "like nothing": (
        '[[price]]\nmodel = "a"\nas = "gpt-99"\n',
        8,
        "`gpt-99` has no price to take over",
    ),
    "like each other": (
        '[[price]]\nmodel = "a"\nas = "b"\n[[price]]\nmodel = "b"\nas = "a"\n',
        8,
        "`b` has no price to take over",
    ),
    "like itself": ('[[price]]\nmodel = "a"\nas = "a"\n', 8, "`a` has no price to take over"),
    "like one and with rates": (
        entry("a", 1, 'as = "gpt-5.5"'),
        10,
        "`as` cannot be combined with rates",
    ),
    "a prompt of none": (
        entry("a", 1) + "[[price.above]]\nprompt = 0\ninput = 1\n",
        11,
        "`prompt` should be a whole number of tokens above 0",
    ),
    "a prompt twice": (
        entry("a", 1) + "[[price.above]]\nprompt = 9\n[[price.above]]\nprompt = 9\n",
        13,
        "duplicate `prompt` 9",
    ),
    "a rate for long prompts only": (
        entry("a", 1) + "[[price.above]]\nprompt = 9\ncache_read = 9\n",
        12,
        "`cache_read` has no base rate for shorter prompts",
    ),
}


@pytest.mark.parametrize(("text", "line", "what"), BAD.values(), ids=BAD.keys())
def test_a_mistake_is_reported_with_its_line_and_disables_the_file(text: str, line: int, what: str) -> None:
    rates = Rates(LIBRARY, own=GOOD + text)
    assert rates.problem is not None
    assert rates.problem.startswith(f"prices.toml, line {line}: {what}")
    assert "\n" not in rates.problem
    assert usd(rates, "good") is None
    assert usd(rates, "gpt-5.5") == 10
    assert rates.fingerprint == Rates(LIBRARY).fingerprint


@pytest.mark.parametrize("text", ["price = 3", "[price]\nmodel = 1", "price = [1]"])
def test_a_price_begins_with_two_brackets(text: str) -> None:
    with pytest.raises(ValueError, match=r"^mine, line 1: a price must start with \[\[price\]\]$"):
        read_prices(text, "mine")


def test_our_own_file_may_not_be_wrong() -> None:
    with pytest.raises(BadPrices, match=r"^tankful's prices\.toml, line 1: "):
        Rates(LIBRARY, "[[price]]\n").used("gpt-5.5", NOW)


# --- the file ------------------------------------------------------------------------------------------------


def test_a_missing_file_is_fine(tmp_path: Path) -> None:
    rates = load_rates(tmp_path / "prices.toml")
    assert rates.problem is None
    assert rates.fingerprint != Rates(LIBRARY).fingerprint  # ours is in it
    assert rates is load_rates(tmp_path / "prices.toml")


def test_an_edited_file_gives_other_rates(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    prints, prices = [], []
    for text in ("", entry("acme", 1), entry("acme", 2), "[[price]]", entry("acme", 1)):
        file.write_text(text, encoding="utf-8")
        rates = load_rates(file)
        prints.append(rates.fingerprint)
        prices.append(usd(rates, "acme"))
    assert prices == [None, 1, 2, None, 1]
    assert len(set(prints)) == 3
    assert prints[1] == prints[4]


def test_the_mark_that_windows_writes_is_read_over(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_bytes(b"\xef\xbb\xbf" + entry("acme", 1).replace("\n", "\r\n").encode())
    assert usd(load_rates(file), "acme") == 1


def test_an_unreadable_file_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_bytes(b"# fine\n\xff\n")
    assert load_rates(file).problem == "prices.toml, line 2: not UTF-8 text"
    rates = load_rates(tmp_path)
    assert rates.problem is not None
    assert rates.problem.startswith(f"{tmp_path.name} cannot be read: ")
    assert usd(rates, "gpt-5.5") == 10


@pytest.mark.skipif(os.name == "nt", reason="a path below a file is merely missing there")
def test_a_folder_that_is_a_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "settings").write_text("")
    assert load_rates(tmp_path / "settings" / "prices.toml").problem is not None
