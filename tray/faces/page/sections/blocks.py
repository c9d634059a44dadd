"""The newest blocks of five hours of the chosen days, each of one provider."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup
from msgspec import Struct

from providers.domain.cost import BlockCost
from providers.ledger.rollup.recent_blocks import ProviderBlock
from tray.faces.page import amounts
from tray.faces.page.amounts import Amount
from tray.faces.page.data import PageData
from tray.faces.page.table.names import readable
from tray.view import format as fmt
from tray.view.charts.row_bar import row_bar

_MOST = 14


class BlockRow(Struct, frozen=True, kw_only=True):
    """`when` is `Tue 3 Nov, 14:00 – 19:00`. Of one that runs, `rate` and `projected` are sentences."""

    when: str
    provider: str
    bar: Markup
    tokens: Amount
    cost: Amount
    models: str
    running: str = ""
    rate: str = ""
    projected: str = ""
    is_most: bool = False


class BlockTable(Struct, frozen=True, kw_only=True):
    """`older` is whether there are more than shown."""

    rows: tuple[BlockRow, ...]
    has_cost: bool
    older: bool


def build(data: PageData) -> BlockTable:
    found = data.rollup.blocks(data.selection, data.now, _MOST + 1)
    rows = tuple(_rows(data, found[:_MOST]))
    return BlockTable(rows=rows, has_cost=any(row.cost.shown for row in rows), older=len(found) > _MOST)


def _rows(data: PageData, found: list[ProviderBlock]) -> Iterator[BlockRow]:
    most = max((each.block.tally.usage.total_tokens for each in found), default=0)
    for each in found:
        block, count = each.block, each.block.tally.usage.total_tokens
        yield BlockRow(
            when=_when(block, data),
            provider=data.title(each.provider),
            bar=row_bar(count, most, data.tint(each.provider)),
            tokens=amounts.tokens(count),
            cost=amounts.cost(block.tally, in_column=True),
            models=fmt.some([readable(model) for model in block.by_model], 3),
            is_most=count == most and len(found) > 1,
            **_running(block, data),
        )


def _when(block: BlockCost, data: PageData) -> str:
    day = block.started_at.astimezone(data.zone).date()
    start, end = fmt.clock(block.started_at, data.zone), fmt.clock(block.ends_at, data.zone)
    return f"{fmt.weekday(day)} {fmt.day_name(day, data.today)}, {start} – {end}"


def _running(block: BlockCost, data: PageData) -> dict[str, str]:
    if not block.running:
        return {}
    found = {"running": f"now, {fmt.countdown(block.ends_at - data.now)} to go"}
    partial = block.tally.unpriced > 0
    if block.burn is not None:
        rate = amounts.cost_and_tokens(block.burn.usd_per_hour, block.burn.tokens_per_hour, at_least=partial)
        found["rate"] = f"{rate} per hour"
    if block.projection is not None:
        planned = amounts.cost_and_tokens(block.projection.usd, block.projection.tokens, at_least=partial)
        found["projected"] = f"{planned} by {fmt.clock(block.ends_at, data.zone)} at this rate"
    return found
