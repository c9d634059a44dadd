"""Requests of a page over a real ledger with made-up responses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from providers.domain.cost import DEFAULT_DETAIL, BilledResponse, Context, Detail, TokenUsage
from providers.host.files import Folders
from providers.ledger.database import opened, transaction
from providers.ledger.index import note_writing
from providers.ledger.responses import replace_responses
from providers.ledger.rollup.rollup import Rollup
from tray.engine.costs import Costs
from tray.engine.scope import Scope
from tray.faces.page import query
from tray.faces.page.data import PageData
from tray.view import cost_document

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")

Price = Callable[[BilledResponse], int | None]


def a_dollar_for_each_token(response: BilledResponse) -> int | None:
    """In 1e-12 USD; none for a model nobody knows."""
    return None if response.context.model in (None, "mystery") else response.usage.total_tokens * 10**12


def billed(
    at: datetime = NOW,
    model: str | None = "gpt-5.5",
    *,
    home: Path,
    usage: TokenUsage | None = None,
    tokens: int = 1,
    key: int = 0,
    **more: Any,
) -> BilledResponse:
    return BilledResponse(
        round(at.timestamp() * 1000),
        key,
        Context(home=home, model=model, **more),
        usage or TokenUsage(output_tokens=tokens),
    )


class LedgerPage:
    """A ledger in this folder, with homes `codex`, `codex-2` and `claude` below it."""

    def __init__(
        self, folder: Path, *, now: datetime = NOW, zone: tzinfo = UTC_ZONE, settings: str = ""
    ) -> None:
        self.codex, self.codex_2, self.claude = (folder / name for name in ("codex", "codex-2", "claude"))
        folders = Folders(settings=folder / "settings", state=folder / "state", cache=folder / "cache")
        if settings:
            folders.settings.mkdir()
            (folders.settings / "settings.toml").write_text(settings)
        environ = {
            "CODEX_HOME": f"{self.codex},{self.codex_2}",
            "CLAUDE_CONFIG_DIR": f"{self.claude}",
            "HOME": f"{folder}",
        }
        self.now = now
        self.scope = Scope(environ, folders, zone, clock=lambda: now)
        self.costs = Costs(self.scope)
        self.rollup = Rollup()

    def add(
        self, provider: str, responses: Sequence[BilledResponse], price: Price = a_dollar_for_each_token
    ) -> LedgerPage:
        with opened(self.costs.files[0], repair=True) as db, transaction(db):
            keyed = [replace(each, key=each.key or number) for number, each in enumerate(responses, 1)]
            part = len(provider)  # another one for each
            replace_responses(db, provider, [([part], keyed)], price)
            note_writing(db)
        self.costs.ledger.load(self.rollup, self.homes)
        return self

    @property
    def homes(self) -> dict[str, dict[Path, str]]:
        return {
            each.id: {home.path: home.label for home in self.scope.log_homes_of(each)}
            for each in self.scope.chosen()
        }

    def data(self, address: str = "", usage: dict[str, Any] | None = None) -> PageData:
        members = dict(parse_qsl(urlsplit(address).query or address))
        asked = query.parse(members)
        zone = query.zone_of(asked, self.scope.zone)
        return PageData(
            query=asked,
            selection=query.selection(asked, zone, self.now.astimezone(zone).date()),
            now=self.now,
            zone=zone,
            usage=usage,
            rollup=self.rollup,
            costs=self.costs,
            scope=self.scope,
        )

    def cost(self, data: PageData, by: str, models_of: str | None = None) -> Mapping[str, Any]:
        """The providers of what `tankful cost --json` prints of the same days."""
        since, until = data.selection.since, data.selection.until
        assert since is not None
        assert until is not None
        detail = Detail(models_of=models_of) if models_of else DEFAULT_DETAIL
        reports = {
            name: self.costs.ledger.report(
                name, labels, since=since, until=until, zone=data.zone, now=self.now, detail=detail
            )
            for name, labels in self.homes.items()
        }
        found: Mapping[str, Any] = cost_document.as_data(reports, by, None, data.zone, self.now)["providers"]
        return found
