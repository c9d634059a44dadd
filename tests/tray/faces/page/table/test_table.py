"""A table of sums: however many rows are open, its page stays small."""

from __future__ import annotations

from jinja2 import Template

from providers.domain.cost import Tally, TokenUsage
from tray.faces.page.query import PageQuery, parse
from tray.faces.page.render import templates
from tray.faces.page.table.names import named
from tray.faces.page.table.table import MOST_PARTS, ROWS, TallyGroup, TallyTable, table

TALLY = Tally(usage=TokenUsage(input_tokens=1234567, output_tokens=7654321), usd=12.345678, responses=987)


def group(text: str, parts: int = 0) -> TallyGroup:
    return TallyGroup(
        text=text,
        name=lambda: named(text, "/?tab=models&range=all&model=a-model"),
        tally=TALLY,
        place="Codex and Claude",
        parts=(lambda: [group(f"{text} part {number}") for number in range(parts)]) if parts else None,
    )


def made(query: PageQuery, rows: int = 60, parts: int = 40) -> TallyTable:
    groups = [group(f"/work/project {number:03}", parts) for number in range(rows)]
    return table(groups, query, caption="Days", title="Day")


def html(shown: TallyTable) -> str:
    template: Template = templates().from_string(
        "{% from 'tables.html' import sums %}{{ sums(table, 'days') }}"
    )
    return template.render(table=shown)


def test_with_all_rows_open_the_page_stays_small() -> None:
    found = made(PageQuery(open="all"))
    assert sum(len(row.parts) for row in found.rows) == MOST_PARTS
    assert {(len(row.parts), row.more) for row in found.rows} == {(MOST_PARTS // ROWS, 36)}
    markup = html(found)
    assert markup.count("36 more of this row") == ROWS
    assert len(markup.encode()) < 320_000


def test_a_row_alone_shows_all_its_parts() -> None:
    row = made(PageQuery(open="all")).rows[3]
    alone = dict(each.split("=", 1) for each in row.alone.removeprefix("/?").split("&"))
    opened = [each for each in made(parse(alone)).rows if each.is_open]
    assert [(each.name, len(each.parts), each.more) for each in opened] == [(row.name, 40, 0)]


def test_closed_rows_have_no_parts() -> None:
    found = made(PageQuery())
    assert not any(row.parts or row.more or row.is_open for row in found.rows)
    assert "more of this row" not in html(found)
