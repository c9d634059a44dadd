"""The addresses of the page."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from importlib.resources import files

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from providers.host.faults import log_fault
from providers.ledger.database import LedgerError
from tray.faces.page.actions import ACTIONS
from tray.faces.page.actions.desk import PageDesk
from tray.faces.page.api import Api
from tray.faces.page.data import PageData
from tray.faces.page.events import MOST_STREAMS, Events
from tray.faces.page.forms import FormNote, FormPreviewed, FormRefused, Notes, back_to, form_of, members_of
from tray.faces.page.gather import gather
from tray.faces.page.last_page import LastPage
from tray.faces.page.live.looks import LiveLooks
from tray.faces.page.live.stream import LiveStream
from tray.faces.page.open_tabs import OpenTabs
from tray.faces.page.passes import Passes
from tray.faces.page.refusal import RefusedRequest
from tray.faces.page.render import Pages
from tray.faces.page.security import Guard, log

_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
ACTION_FAULT = "This could not be done because of an internal error. `tankful doctor` has the details."


class PageParts(Struct, frozen=True, kw_only=True):
    """What the addresses are made of. `start` names this start of the server, `hosts` what a Host may be. Without
    `looks` there are no live sessions.
    """

    start: str
    hosts: tuple[str, ...]
    desk: PageDesk
    events: Events
    passes: Passes
    tabs: OpenTabs
    notes: Notes
    pages: Pages
    looks: LiveLooks | None
    remembered: LastPage


def make_app(parts: PageParts) -> ASGIApp:
    page, api = _Page(parts), Api(parts.desk, parts.start, parts.passes, parts.pages)
    routes = [
        Route("/", page.page),
        Route("/static/{name}", _Static()),
        Route("/events", page.events),
        Route("/do/tab", page.tab, methods=["POST"]),
        Route("/do/{name}", page.act, methods=["POST"]),
        *api.routes(page.data),
    ]
    router = Router(routes, redirect_slashes=False, default=_not_there)
    return Guard(router, hosts=parts.hosts, passes=parts.passes)


async def _not_there(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise RefusedRequest(404, "There is no such page.", go_on="/")


class _Page:
    def __init__(self, parts: PageParts) -> None:
        self._parts = parts

    def page(self, request: Request) -> Response:
        """Without anything in its address, the last tab and range; what a script asks for stays there."""
        self._parts.tabs.shown()
        last, is_opened = (
            self._parts.remembered.last.address,
            request.headers.get("sec-fetch-dest") != "empty",
        )
        if not request.scope["query_string"] and is_opened and last != "/":
            return RedirectResponse(last, status_code=303)
        data = self.data(request)
        if request.scope["query_string"]:
            self._parts.remembered.note(data.query)
        with data.rollup.steady():  # one state for all sections
            return HTMLResponse(self._parts.pages.page(data))

    def data(self, request: Request) -> PageData:
        """For the filters of its address, as of now."""
        parts = self._parts
        return gather(
            parts.desk,
            request.query_params,
            generation=parts.events.generation,  # before the rest: what changes from here on is news
            note=parts.notes.find(request.query_params.get("note")),
        )

    async def events(self, request: Request) -> Response:
        events, tabs, tab = self._parts.events, self._parts.tabs, request.query_params.get("tab", "")[:64]
        if events.streams >= MOST_STREAMS:
            raise RefusedRequest(503, "Too many tabs have this page open.")
        seen = request.headers.get("last-event-id") or request.query_params.get("seen", "")
        stream = events.stream(seen, lambda: tabs.opened(tab), tabs.ended, self._live(request))
        return StreamingResponse(stream, media_type="text/event-stream")

    def _live(self, request: Request) -> LiveStream | None:
        """For a tab that shows live sessions: `live` is what its own address asks for."""
        looks, shown = self._parts.looks, request.query_params.get("live")
        if looks is None or shown is None:
            return None
        members = members_of(shown)

        def render() -> dict[str, str]:
            return self._parts.pages.live(gather(self._parts.desk, members))

        return LiveStream(looks, render)

    async def tab(self, request: Request) -> Response:
        form = await form_of(request)
        tab, tabs = form.get("tab", "")[:64], self._parts.tabs
        (tabs.hidden if form.get("is") == "hidden" else tabs.closed)(tab)
        return Response(status_code=204)

    async def act(self, request: Request) -> Response:
        name, form = request.path_params["name"], await form_of(request)
        if name not in ACTIONS:
            raise RefusedRequest(404, "There is no such page.", go_on="/")
        note = await run_in_threadpool(self._note, name, form)
        found = self._parts.notes.add(note) if note.text else None
        place = f"{name}-form" if note.fields else ""
        return RedirectResponse(back_to(form, found, place), status_code=303)

    def _note(self, name: str, form: Mapping[str, str]) -> FormNote:
        try:
            return FormNote(text=ACTIONS[name](self._parts.desk, form), action=name)
        except FormRefused as refused:
            is_refused = not isinstance(refused, FormPreviewed)
            return FormNote(
                text=str(refused),
                action=name,
                is_refused=is_refused,
                fields=form,
                mistakes=refused.mistakes,
            )
        except LedgerError as refused:
            sentence = str(refused)
        except Exception as error:  # noqa: BLE001 - the page survives a form
            log_fault(log, f"the form {name} of the page failed", error)
            sentence = ACTION_FAULT
        return FormNote(text=sentence, action=name, is_refused=True, fields=form)


class _Static:
    """The styles and scripts, which are in this very package."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[bytes, str, str]] = {}
        for each in (files("assets") / "tankful.svg", *(files("assets") / "page").iterdir()):
            media_type = _MEDIA_TYPES.get(os.path.splitext(each.name)[1])
            if media_type is not None:
                content = each.read_bytes()
                self._files[each.name] = content, media_type, f'"{hashlib.sha256(content).hexdigest()[:16]}"'

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        found = self._files.get(request.path_params["name"])
        if found is None:
            raise RefusedRequest(404, "There is no such page.")
        content, media_type, tag = found
        headers = {"etag": tag, "cache-control": "no-cache"}
        if request.headers.get("if-none-match") == tag:
            await Response(status_code=304, headers=headers)(scope, receive, send)
        else:
            await Response(content, media_type=media_type, headers=headers)(scope, receive, send)
