"""The addresses of the page."""

from __future__ import annotations

import os
from importlib.resources import files

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from providers.ledger.rollup.rollup import Rollup
from tray.engine import published
from tray.engine.costs import Costs
from tray.engine.scope import Scope
from tray.faces.page import query
from tray.faces.page.data import PageData
from tray.faces.page.render import Pages

_STATIC = {"page.css": "text/css", "page.js": "text/javascript"}


def make_app(scope: Scope, costs: Costs) -> Starlette:
    pages, rollup = Pages(), Rollup()
    costs.ledger.load(
        rollup, {p.id: {h.path: h.label for h in scope.log_homes_of(p)} for p in scope.chosen()}
    )

    def page(request: Request) -> Response:
        return HTMLResponse(pages.page(_data(request, scope, costs, rollup)))

    def static(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _STATIC:
            return Response(status_code=404)
        return Response((files("assets") / "page" / name).read_bytes(), media_type=_STATIC[name])

    return Starlette(routes=[Route("/", page), Route("/static/{name}", static)])


def _data(request: Request, scope: Scope, costs: Costs, rollup: Rollup) -> PageData:
    now = scope.clock()
    asked = query.parse(request.query_params)
    zone = query.zone_of(asked, scope.zone)
    document = published.read(os.fspath(scope.folders.state))
    return PageData(
        query=asked,
        selection=query.selection(asked, zone, now.astimezone(zone).date()),
        now=now,
        zone=zone,
        usage=None if document is None else published.usage(document, now.timestamp()),
        incidents=(document or {}).get("incidents", {}),
        rollup=rollup,
        costs=costs,
        scope=scope,
    )
