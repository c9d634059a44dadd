"""Lines in the person's own words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.domain.cost_summary import CostSummary
from providers.domain.limits import AccountUsage, Credits, Sourced
from tests.tray.faces.bars import sample
from tests.tray.faces.published import Folder
from tray.faces.bars import template
from tray.faces.bars.formats import FORMATS
from tray.faces.bars.template import TemplateError

COST = CostSummary(
    today_usd=0.238,
    today_tokens=1,
    days_30_usd=1234.5,
    days_30_tokens=2,
    priced="full",
    complete=True,
    has_logs=True,
)
BOUGHT = Sourced(value=Credits(balance=Decimal("150.5")), source="oauth", fetched_at=sample.NOW)


def filled(text: str, *accounts: AccountUsage, escape: Callable[[str], str] = str) -> str:
    made = sample.judged(*accounts)
    return template.fill(template.pieces(text), template.values(made, "all", sample.NOW.timestamp()), escape)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{codex.session.left}", "63"),
        ("{codex.session.used} %", "37 %"),
        ("{ codex.session.resets_in }", "2 h"),
        ("{codex.weekly.pace}", "in reserve"),
        ("{codex.monthly.left}", "–"),
        ("{codex.model:opus:weekly.left}", "–"),
        ("{codex.credits}", "150.50"),
        ("{codex.cost.today} {codex.cost.days_30}", "$0.24 $1,234.50"),
        ("{codex.cost.month}", "–"),
        ("{codex.plan}", "pro"),
        ("{codex.blocked_until}", "–"),
        ("{claude.session.left}|{claude.credits}|{claude.cost.today}", "–|–|–"),
        ("{tightest.provider} {tightest.window} {tightest.left} {tightest.class}", "Codex Weekly 60 ok"),
        ("{{codex}} 100% %{{F}}", "{codex} 100% %{F}"),
        ("", ""),
    ],
)
def test_a_template(text: str, shown: str) -> None:
    week = sample.window(40, "Weekly", resets=timedelta(days=2))
    assert filled(text, sample.account(sample.window(37), week, cost=COST, credits=BOUGHT)) == shown


@pytest.mark.parametrize(
    ("credits_", "shown"),
    [
        (Credits(balance=Decimal("1234.5")), "1,234.50"),
        (Credits(balance=Decimal(0)), "0.00"),
        (Credits(balance=None), "–"),
        (Credits(unlimited=True), "unlimited"),
    ],
)
def test_credits_read_as_in_the_menu(credits_: Credits, shown: str) -> None:
    bought = Sourced(value=credits_, source="oauth", fetched_at=sample.NOW)
    assert filled("{codex.credits}", sample.account(sample.window(37), credits=bought)) == shown


def test_the_last_drop_is_no_zero_and_a_reset_no_value() -> None:
    assert filled("{codex.session.left} {codex.session.used}", sample.account(sample.window(99.5))) == "1 99"
    over = sample.account(sample.window(99.5, resets=timedelta(seconds=-1)))
    assert filled(
        "{codex.session.left} {codex.session.used} {codex.session.resets_in} {tightest.left}", over
    ) == ("– – – –")


def test_an_age_by_a_clock_that_has_been_set_back_is_not_known() -> None:
    assert filled("{codex.updated}", sample.account(sample.window(37, ago=timedelta(minutes=12)))) == "12 min"
    assert filled("{codex.updated}", sample.account(sample.window(37, ago=timedelta(hours=-1)))) == "–"


def test_a_sum_that_leaves_something_out_says_so() -> None:
    cost = replace(COST, priced="partial")
    assert filled("{codex.cost.today}", sample.account(sample.window(37), cost=cost)) == "≥ $0.24"
    counted_before = replace(COST, complete=False)
    assert filled("{codex.cost.today}", sample.account(sample.window(37), cost=counted_before)) == "≥ $0.24"
    cost = replace(cost, today_usd=0.001)
    assert filled("{codex.cost.today}", sample.account(sample.window(37), cost=cost)) == "≥ $0.00"


@pytest.mark.parametrize("text", ["{codex.session.left", "{", "}", "a } b", "{{}"])
def test_braces_that_do_not_match(text: str) -> None:
    with pytest.raises(TemplateError, match="brace"):
        template.pieces(text)


UNKNOWN = """codex codex. codex.left codex.session codex.sesion.left codex.today codex.cost.year codex.cost.credits
codex.session.left.left gemini.session.left tightest tightest.cost.today"""


@pytest.mark.parametrize("name", ["", *UNKNOWN.split()])
def test_an_unknown_name_is_refused_with_the_list(name: str) -> None:
    with pytest.raises(
        TemplateError, match=r"unknown name \{.*; the names are tightest\.left, .*codex\.weekly\.left"
    ):
        template.check(f"{{{name}}}", ("codex", "claude"))


def test_every_name_of_the_list_is_one() -> None:
    listed = list(template.names(("codex", "claude"), ["codex.window:90"]))
    assert "codex.window:90.resets_at" in listed
    assert "claude.cost.days_30" in listed
    assert len(listed) == len(set(listed))
    template.check(" ".join(f"{{{name}}}" for name in listed), ("codex", "claude"))


@given(st.text(st.sampled_from("{}%#[x"), min_size=1), st.sampled_from(sorted(FORMATS)))
def test_data_beside_markup_of_the_persons_own_makes_no_other_markup(name: str, format_: str) -> None:
    form = FORMATS[format_]
    made = sample.judged(sample.account(sample.window(37, name)))
    values = template.values(made, "all", sample.NOW.timestamp())
    shown = template.fill(template.pieces("%{tightest.window}{{"), values, form.escape)
    assert form is not FORMATS["polybar"] or "%{" not in shown


class TestTheCommand:
    def test_it_prints_the_template(self, tmp_path: Path) -> None:
        folder = Folder(tmp_path)
        folder.publish(folder.account(folder.window(37)))
        assert folder.run("statusline", "--template", "left: {codex.session.left} %") == "left: 63 %\n"
        waybar = folder.run("statusline", "--format", "waybar", "--template", "<b>{tightest.left}</b>")
        assert waybar.startswith('{"text":"<b>63</b>","tooltip":"Codex')
        assert folder.run("statusline", "--template", "{claude.session.left}") == "–\n", (
            "it publishes nothing yet"
        )

    def test_an_unknown_name(self, tmp_path: Path) -> None:
        folder = Folder(tmp_path)
        folder.publish(folder.account(folder.window(37)))
        done = folder.start("statusline", "--template", "{codex.sesion.left}")
        assert (done.returncode, done.stdout) == (64, "")
        assert "unknown name {codex.sesion.left}; the names are tightest.left, " in done.stderr
        assert "codex.session.left, " in done.stderr

    def test_a_problem_takes_the_place_of_the_template(self, tmp_path: Path) -> None:
        folder = Folder(tmp_path)
        folder.publish()
        (folder.state / "snapshot.json").write_text("{")
        (folder.state / "round.started").touch()
        assert folder.run("statusline", "--template", "{codex.session.left}") == "limits not known yet\n"
        shown = folder.run("statusline", "--format", "waybar", "--template", "{codex.session.left}")
        assert '"class":"error"' in shown
