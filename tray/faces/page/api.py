"""What programs ask for: `/health` and `/recalc` for everybody, without a number; `/api/…` for the person."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from providers.host.faults import log_fault
from providers.ledger.database import LedgerError
from providers.version import VERSION
from tray.engine.document_values import as_time
from tray.engine.live.document import as_document
from tray.faces.page import api_cost, api_rows, whole_file
from tray.faces.page.actions.desk import PageDesk
from tray.faces.page.data import PageData
from tray.faces.page.gather import gather
from tray.faces.page.live.chosen import shown_look
from tray.faces.page.passes import Passes
from tray.faces.page.render import Pages
from tray.faces.page.security import log

RECALC_SECONDS = 600.0
REST_SECONDS = 2.0
"""So soon after a count its result stands for another one: those who ask again and again cannot keep us busy."""
NO_SESSIONS = "This page shows no live sessions."
NOT_WRITTEN = "The file of TANKFUL_DASHBOARD_HTML cannot be written."


class Api:
    """For one event loop."""

    def __init__(self, desk: PageDesk, start: str, passes: Passes, pages: Pages) -> None:
        self._desk = desk
        self._pages = pages
        self._file = desk.scope.environ.get("TANKFUL_DASHBOARD_HTML")
        self._is_written = True
        self._start = start
        self._passes = passes
        self._recount: asyncio.Task[bool] | None = None
        self._counted = -REST_SECONDS

    def routes(self, data_of: Callable[[Request], PageData]) -> list[Route]:
        def usage(request: Request) -> Response:
            found = data_of(request).usage
            return JSONResponse(found or {"schema": "tankful.usage/1", "generated_at": None, "providers": []})

        def asked(ask: Callable[[PageData], dict[str, Any]]) -> Callable[[Request], Response]:
            def answer(request: Request) -> Response:
                data = data_of(request)
                try:
                    with data.rollup.steady():
                        return JSONResponse(ask(data))
                except LedgerError as error:
                    return JSONResponse({"ok": False, "error": str(error)}, status_code=503)

            return answer

        def responses(request: Request) -> Response:
            return asked(lambda data: api_rows.responses(data, request.query_params.get("after", "")))(
                request
            )

        def live(request: Request) -> Response:
            look = shown_look(data_of(request))
            if look is None:
                return JSONResponse({"ok": False, "error": NO_SESSIONS}, status_code=503)
            return JSONResponse(as_document(look))

        return [
            Route("/health", self.health),
            Route("/recalc", self.recalc),
            Route("/api/ticket", self.ticket),
            Route("/api/usage", usage),
            Route("/api/cost", asked(api_cost.cost)),
            Route("/api/windows", asked(api_rows.windows)),
            Route("/api/sessions", live),
            Route("/api/session-usage", asked(api_rows.sessions)),
            Route("/api/responses", responses),
        ]

    async def health(self, _request: Request) -> Response:
        scope, count = self._desk.scope, self._desk.figures.status
        return JSONResponse(
            {
                "ok": True,
                "service": "tankful",
                "version": VERSION,
                "start": self._start,
                "providers": [each.id for each in scope.chosen()],
                "counting": None if count.share is None else round(count.share, 4),
                "updated_at": as_time(count.counted_at),
                "timestamp": as_time(scope.clock()),
            }
        )

    async def recalc(self, _request: Request) -> Response:
        began = time.monotonic()
        ended = await self._counted_anew()
        count = self._desk.figures.status
        timings = {
            "total": round((time.monotonic() - began) * 1000, 1),
            "count": None if count.seconds is None else round(count.seconds * 1000, 1),
        }
        answer: dict[str, Any] = {"ok": True, "updated_at": as_time(count.counted_at), "timings_ms": timings}
        if not ended:
            answer |= {"ok": False, "error": "still_counting", "counting": count.share}
        elif count.problem is not None:
            answer |= {"ok": False, "error": "recalc_failed", "message": "The page says what went wrong."}
        elif not self._is_written:
            answer |= {"ok": False, "error": "html_failed", "message": NOT_WRITTEN}
        return JSONResponse(answer, status_code=200 if answer["ok"] else 500 if ended else 503)

    async def _counted_anew(self) -> bool:
        """Whether the count ended in time; all who ask meanwhile share it."""
        if self._recount is None or self._recount.done():
            if time.monotonic() - self._counted < REST_SECONDS:
                return True
            self._recount = asyncio.create_task(self._count())
        return await asyncio.shield(self._recount)

    async def _count(self) -> bool:
        figures = self._desk.figures
        ended = await run_in_threadpool(figures.wait, figures.recount(), RECALC_SECONDS)
        if self._file:
            self._is_written = await run_in_threadpool(self._rewrite, self._file)
        self._counted = time.monotonic()
        return ended

    def _rewrite(self, file: str) -> bool:
        """Whether the file of the page could be written."""
        try:
            whole_file.write(Path(file).expanduser(), self._pages, gather(self._desk, {}, live=False))
        except OSError as error:
            log_fault(log, "the file of the page could not be written", error)
            return False
        return True

    async def ticket(self, _request: Request) -> Response:
        return JSONResponse({"ticket": self._passes.ticket()})
