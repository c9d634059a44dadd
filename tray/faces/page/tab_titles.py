"""The tabs of the page, by the name that stands in the address."""

from __future__ import annotations

TABS = {
    "overview": "Overview",
    "limits": "Limits",
    "usage": "Cost and tokens",
    "models": "Models",
    "projects": "Projects",
    "sessions": "Sessions",
    "responses": "Responses",
    "prices": "Prices and homes",
    "data": "Data",
}
FIRST = next(iter(TABS))
