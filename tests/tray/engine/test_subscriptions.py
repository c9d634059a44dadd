"""What the person pays for each account, as settings.toml and the command line have it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.setting import InvalidValue
from tray.engine.settings import SettingsFile, read_settings
from tray.engine.settings_table import SETTINGS
from tray.engine.settings_writer import set_text, set_value, unset
from tray.engine.subscriptions import (
    SUBSCRIPTIONS,
    Subscription,
    Subscriptions,
    subscription_of,
)

CLAUDE = Subscription("~/.claude", Decimal(100), "USD")
WORK = Subscription("a1b2c3d4", Decimal("22.99"), "EUR")


def test_prices_by_home_and_by_account() -> None:
    text = '[subscriptions]\n"~/.claude" = 100\na1b2c3d4 = "22.99 eur"\n'
    read = read_settings(text, "settings.toml", SETTINGS)
    assert read.problem is None
    assert read.get(SUBSCRIPTIONS) == (CLAUDE, WORK)
    assert read_settings("", "settings.toml", SETTINGS).get(SUBSCRIPTIONS) == ()


NUMBERS: list[object] = [0, -1, 1e9, True, None, {}, float("nan"), Decimal("sNaN")]


@pytest.mark.parametrize(
    "raw",
    [
        *("100 USD", 100, None, ["100 USD"], {"": "1 USD"}, {"a\0": "1 USD"}, {"a" * 201: "1 USD"}),
        *({"a": each} for each in NUMBERS),
        *({"a": each} for each in ("", "free", "$20", "20 DOLLARS", "1e3", "20,5", "1.234", "٢٠ USD")),
        {f"{number}": "1 USD" for number in range(101)},
    ],
)
def test_what_is_no_price(raw: object) -> None:
    with pytest.raises(InvalidValue, match="a table of prices a month by account or home"):
        Subscriptions().parse(raw)


def test_a_wrong_price_is_named_with_its_line_and_all_else_applies() -> None:
    text = '[subscriptions]\n"~/.claude" = "free"\n[display]\nused = true\n'
    read = read_settings(text, "settings.toml", SETTINGS)
    assert read.problem == (
        "settings.toml, line 1: `subscriptions` should be a table of prices a month by account or home, such as "
        '"~/.claude" = "100 USD". All other settings apply.'
    )
    assert read.values["display.used"] is True


NAMES = st.text(st.characters(min_codepoint=32, max_codepoint=0x24F, exclude_categories=["C"]), min_size=1)
PRICES = st.decimals(Decimal("0.01"), Decimal(100_000), places=2).map(lambda each: f"{each} USD")


@given(st.dictionaries(NAMES.map(lambda name: f"x{name}"), PRICES, max_size=4))
def test_the_file_holds_what_was_set_whatever_the_names(
    tmp_path_factory: pytest.TempPathFactory, raw: dict[str, str]
) -> None:
    file = tmp_path_factory.mktemp("own") / "settings.toml"
    file.write_text('# mine\n[display]\nused = true  # kept\n[subscriptions]\n"x" = "1 USD"\n')
    set_value(file, SUBSCRIPTIONS, raw)
    read = SettingsFile(file, SETTINGS).current()
    found = read.get(SUBSCRIPTIONS)
    assert {each.account: each.price for each in found} == raw
    assert file.read_text().startswith("# mine\n[display]\nused = true  # kept\n")


def test_the_command_line_sets_them(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    text = '"~/.claude" = 100 USD, a1b2c3d4 = 22.99 EUR'
    assert set_text(file, SETTINGS, "subscriptions", text) is None
    read = SettingsFile(file, SETTINGS).current().get(SUBSCRIPTIONS)
    assert read == (CLAUDE, WORK)
    assert file.read_text().endswith('[subscriptions]\n"~/.claude" = "100 USD"\na1b2c3d4 = "22.99 EUR"\n')
    assert Subscriptions().parse(Subscriptions().raw(Subscriptions().text(read))) == read
    assert set_text(file, SETTINGS, "subscriptions", "free") == (
        "subscriptions should be a table of prices a month by account or home, such as "
        '"~/.claude" = "100 USD".'
    )
    unset(file, SUBSCRIPTIONS)
    assert SettingsFile(file, SETTINGS).current().get(SUBSCRIPTIONS) == ()


def test_a_price_that_changes_leaves_the_comments_of_the_others(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(
        '[subscriptions]\n"~/.claude" = "100 USD"  # Max\n"~/.codex" = "20 USD"  # Plus\nold = 1\n'
    )
    set_value(file, SUBSCRIPTIONS, {"~/.claude": "100 USD", "~/.codex": "200 USD"})
    assert (
        file.read_text()
        == '[subscriptions]\n"~/.claude" = "100 USD"  # Max\n"~/.codex" = "200 USD"  # Plus\n'
    )


def test_the_accounts_own_price_comes_before_that_of_its_homes() -> None:
    both = (CLAUDE, Subscription("id", Decimal(5), "USD"))
    assert subscription_of(both, "id", ("~/.claude",)) == both[1]
    assert subscription_of(both, "other", ("~/else", "~/.claude")) == CLAUDE
    assert subscription_of(both, None, ("~/.claude",)) == CLAUDE
    assert subscription_of(both, "other", ()) is None
