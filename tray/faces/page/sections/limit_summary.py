"""What is left of each account, in short: its own windows and what is wrong."""

from __future__ import annotations

from tray.faces.page.data import PageData
from tray.faces.page.sections import limit_cards
from tray.faces.page.sections.limit_cards import LimitCards


def build(data: PageData) -> LimitCards:
    return limit_cards.cards_of(data)
