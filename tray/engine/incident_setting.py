"""Whether incidents are shown; what reads them is in `incidents`."""

from __future__ import annotations

from providers.setting import Bool, Menu, Setting

INCIDENTS = Setting(
    "display.incidents",
    Bool(),
    True,
    "Show incidents from the providers' public status pages.",
    menu=Menu(text="Show incidents"),
)
