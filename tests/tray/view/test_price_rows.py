from __future__ import annotations

from datetime import date

from providers.ledger.prices.applied import applied
from providers.ledger.prices.pricing import Rates
from tools.make_rates import RATES
from tray.view.price_rows import in_days, spans

OWN = """[[price]]
model = "acme"
until = 2026-11-10
input = 1.50
output = 2
[[price.above]]
prompt = 272000
input = 3
[price.tier.fast]
times = 2
[[price]]
model = "acme"
from = 2026-11-12
as = "gpt-5.5"
"""


def test_a_model_has_a_row_for_each_span_and_each_other_service() -> None:
    rates = Rates(RATES.read_bytes(), "", OWN)
    first, second, third = spans(applied(rates, "acme", date(2026, 11, 1), date(2026, 11, 20)))
    assert (first.days, first.rates, first.is_own) == ("until 2026-11-09", ("1.5",) * 4 + ("2",), True)
    assert [(row.title, row.rates[0]) for row in first.others] == [
        ("Prompts above 272,000 tokens", "3"),
        ("Fast", "3"),
        ("Fast, prompts above 272,000 tokens", "6"),
    ]
    assert first.origin == "your prices.toml, line 2"
    assert (second.days, second.rates, second.origin) == ("2026-11-10 to 2026-11-11", ("–",) * 5, "")
    assert third.days == "since 2026-11-12"
    assert third.origin == "your price of line 12: as gpt-5.5, genai-prices 0.2.3, built in"
    assert third.is_own
    assert third.web_search == "10"
    (whole,) = spans(applied(rates, "gpt-5.5", date(2026, 11, 1), date(2026, 11, 20)))
    assert (whole.days, whole.is_own) == ("", False)
    (_, day, _) = spans(applied(rates, "acme", date(2026, 11, 9), date(2026, 11, 12)))
    assert day.days == "2026-11-10 to 2026-11-11"


def test_the_days_without_a_bound_are_those_of_the_logs() -> None:
    today = date(2026, 11, 20)
    assert in_days(None, None, None, today) == (today, today)
    assert in_days(None, today, date(2026, 1, 2), today) == (date(2026, 1, 2), today)
    assert in_days(date(2027, 1, 1), None, None, today) == (date(2027, 1, 1), date(2027, 1, 1))
