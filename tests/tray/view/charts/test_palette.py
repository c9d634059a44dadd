"""Colours of page.css: text reads, and series are told apart by eyes of each kind."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest

from providers.registry import PROVIDERS
from tests.tray.view.charts.palette import SIGHTS, apart, colours, contrast
from tray.view.charts.class_bar import CLASS_TINTS
from tray.view.charts.series import TINTS, provider_tint

THEMES = ("light", "dark")
GROUNDS = ("ground", "panel", "raised", "accent-soft", "good-soft", "warn-soft", "bad-soft")


def test_the_arithmetic() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert apart("#000000", "#ffffff") == pytest.approx(100, abs=0.1)
    assert apart("#b00000", "#407000", "deuteranopia") < apart("#b00000", "#407000") / 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("text", ["ink", "ink-quiet", "accent", "good", "warn", "bad"])
def test_text_reads_on_each_ground(theme: str, text: str) -> None:
    named = colours(theme)
    assert min(contrast(named[text], named[ground]) for ground in GROUNDS) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_series_stand_out_from_their_panel(theme: str) -> None:
    named = colours(theme)
    tints = [
        *(named[tint] for tint in TINTS),
        named["tint-rest"],
        *(provider_tint(each.mark.colour) for each in PROVIDERS),
    ]
    assert min(contrast(tint, named["panel"]) for tint in tints) >= 3
    assert contrast(named["line-strong"], named["panel"]) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("sight", SIGHTS)
def test_series_are_told_apart(theme: str, sight: str) -> None:
    tints = [colours(theme)[tint] for tint in TINTS]
    assert min(apart(*pair, sight) for pair in pairwise(tints)) > 11
    assert min(apart(*pair, sight) for pair in combinations(tints[:5], 2)) > 9
    assert min(apart(*pair, sight) for pair in combinations(tints, 2)) > 6
    classes = [colours(theme)[tint] for tint in CLASS_TINTS.values()]
    assert min(apart(*pair, sight) for pair in pairwise(classes)) > 11


@pytest.mark.parametrize("sight", SIGHTS)
def test_providers_are_told_apart(sight: str) -> None:
    marks = [provider_tint(each.mark.colour) for each in PROVIDERS]
    assert min(apart(*pair, sight) for pair in combinations(marks, 2)) > 15
