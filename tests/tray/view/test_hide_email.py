"""With `display.hide_email` no view names an e-mail address, also where only that tells two accounts apart."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from providers.domain.errors import Offline
from providers.domain.limits import Account, AccountUsage, UsageSnapshot
from tests.tray.view.test_menu import NOW, PRO, ZONE
from tray.engine.notices.occasion import Occasion
from tray.engine.settings import Settings
from tray.engine.settings_table import SETTINGS
from tray.engine.state import State
from tray.view import menu, tooltip
from tray.view.notices import notice
from tray.view.rows import lines

OTHER = replace(PRO, key="other", account=Account(id="ffff", email="b@example.com", plan="pro"))
ACCOUNTS = {
    "one": (PRO,),
    "two of one plan": (PRO, OTHER),
    "two in one home": (PRO, replace(OTHER, homes=PRO.homes)),
    "three, which are compact": (PRO, OTHER, replace(OTHER, key="third", homes=("~/c",))),
    "one that fails": (replace(PRO, windows=(), error=Offline("No network.").as_data()),),
}


def shown(accounts: tuple[AccountUsage, ...], *, hide: bool) -> str:
    values = {"display.hide_email": hide}
    state = State(
        snapshot=UsageSnapshot(generated_at=NOW, accounts=accounts),
        settings=Settings(table=SETTINGS, values=values),
    )
    texts = (
        *lines(menu.rows(state, NOW, ZONE)),
        *lines(menu.status_rows(state, NOW, ZONE)),
        menu.summary(state, NOW, ZONE),
        tooltip.title(state, NOW),
        tooltip.text(state, NOW),
        *(text for usage in accounts for text in noticed(usage, state)),
    )
    return "\n".join(texts)


def noticed(usage: AccountUsage, state: State) -> tuple[str, str]:
    limit = usage.windows[0].value if usage.windows else None
    spent = Occasion(kind="spent", account=usage.key, window="session", usage=usage, limit=limit)
    shown = notice("key", (spent,), state, NOW, ZONE)
    return shown.title, shown.body


@pytest.mark.parametrize("name", ACCOUNTS)
def test_no_view_names_an_address(name: str) -> None:
    assert "@" in shown(ACCOUNTS[name], hide=False)
    assert "@" not in shown(ACCOUNTS[name], hide=True)
