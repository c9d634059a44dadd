"""Status pages as Statuspage and incident.io serve them, made up; any provider's, on loopback."""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.fake_chatgpt import says

UPDATED = "2026-11-20T11:58:00.000Z"


def component(name: str, status: str = "operational", **more: Any) -> dict[str, Any]:
    return {"id": name.lower(), "name": name, "status": status, "group": False, "updated_at": UPDATED} | more


def incident(
    name: str = "Elevated errors", *components: str, impact: str = "minor", status: str = "investigating"
) -> dict[str, Any]:
    affected = {"components": [component(each) for each in components]} if components else {}
    return {"id": "i1", "name": name, "status": status, "impact": impact, "updated_at": UPDATED} | affected


def summary(
    *incidents: dict[str, Any],
    indicator: str = "none",
    components: tuple[dict[str, Any], ...] = (component("Claude Code"), component("Voice mode")),
    maintenances: tuple[dict[str, Any], ...] = (),
) -> dict[str, Any]:
    return {
        "page": {"id": "p", "name": "Claude", "url": "https://status.claude.com", "updated_at": UPDATED},
        "status": {"indicator": indicator, "description": "Partially Degraded Service"},
        "components": list(components),
        "incidents": list(incidents),
        "scheduled_maintenances": list(maintenances),
    }


def page(content: object, etag: str = '"one"') -> Callable[[BaseHTTPRequestHandler], None]:
    """Says that nothing has changed to whom that is still so."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.headers.get("If-None-Match") == etag:
            handler.send_response(304)
            handler.send_header("ETag", etag)
            handler.end_headers()
        else:
            says(content, ETag=etag, Set_Cookie="a=b")(handler)

    return answer
