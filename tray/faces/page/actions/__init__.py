"""What the forms of the page do: `POST /do/NAME`, a line in ACTIONS for each.

    act(desk, form) -> str    does it, and returns a sentence for the page, or ""; raises FormRefused

It runs in a thread of its own and may wait. A form is

    <form method="post" action="/do/NAME"><input type="hidden" name="back" value="{{ here }}"> …

and leads back to the page, which has the sentence (`PageData.note`). Where it was refused, the note has all that
was typed, for the form to show again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tray.faces.page.actions import bring, homes, opens, prices, recalculate, settings
from tray.faces.page.actions.desk import PageDesk

ACTIONS: dict[str, Callable[[PageDesk, Mapping[str, str]], str]] = {
    "recalculate": recalculate.act,
    "open-logs": opens.logs,
    "open-settings": opens.settings,
    "price": prices.act,
    "home-add": homes.add,
    "home-remove": homes.remove,
    "settings": settings.act,
    "subscriptions": settings.subscriptions,
    bring.NAME: bring.act,
}
