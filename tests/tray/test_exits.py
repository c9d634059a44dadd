"""Every exit × every dangerous name: nothing that a person, a terminal, a panel or a parser meets obeys a name."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO, TextIOWrapper
from pathlib import Path
from unittest.mock import patch
from xml.etree import ElementTree as ET

import msgspec
import pytest

from providers.domain.limits import UsageSnapshot
from providers.ledger.prices.load import load_rates
from providers.registry import PROVIDERS
from tests.homes import make_home
from tests.tray.faces.published import Folder
from tests.tray.hostile import LATER, NAMES, hostile, report
from tools.example_states import NOW
from tray.cli.cost_options import GROUPS
from tray.desktop.icon import Tooltip
from tray.desktop.linux.dbus_menu import _properties
from tray.desktop.linux.notifications import _escaped
from tray.desktop.linux.session_bus import plain as on_the_bus
from tray.desktop.linux.status_item import StatusItem
from tray.engine import document, published
from tray.engine.document_values import as_time
from tray.engine.log import logging_to
from tray.engine.notices.command import as_json as notice_json
from tray.engine.notices.notice import Notice
from tray.engine.notices.occasion import Occasion
from tray.engine.publish import contents
from tray.engine.settings import read_settings
from tray.engine.settings_table import SETTINGS
from tray.faces.bars.line import bar_line
from tray.view import cost_document, cost_tables, menu, notices, output, price_list, settings_text, tooltip
from tray.view.doctor.row import Section, warning
from tray.view.doctor.text import as_text
from tray.view.rows import Row

# --- what comes out ------------------------------------------------------------------------------------------


def _printed(text: str, *, styled: bool = False) -> str:
    """As `emit` prints it."""
    written = TextIOWrapper(BytesIO(), encoding="utf-8")
    with patch("sys.stdout", written):
        output.emit(text, styled=styled)
    written.seek(0)
    return written.read()


def _rates(name: str, folder: Path, *, styled: bool = False) -> str:
    own = folder / "prices.toml"
    quoted = json.dumps(name.encode("utf-8", "replace").decode()).replace("\x7f", "")
    own.write_text(f"[[price]]\nmodel = {quoted}\ninput = 1\noutput = 2\n", encoding="utf-8")
    rates = load_rates(own)
    at = datetime(2026, 11, 20, tzinfo=UTC)
    paper = output.Paper(styled=styled)
    table = cost_tables.text(
        cost_tables.tables(report(name), PROVIDERS, "model", UTC, at, rates), paper, "model"
    )
    listed = price_list.table(price_list.rows(rates, at), paper)
    return _printed(f"{table}\n{listed}\n{rates.problem}", styled=styled)


def _cost(by: str, *, styled: bool = False) -> Callable[[str, Path], str]:
    return lambda name, _folder: _printed(
        cost_tables.text(
            cost_tables.tables(report(name), PROVIDERS, by, UTC, NOW),
            output.Paper(styled=styled),
            by,
            models=True,
            chart=True,
        ),
        styled=styled,
    )


def _all(rows: tuple[Row, ...]) -> Iterator[Row]:
    for row in rows:
        yield row
        yield from _all(row.children)


def _menu(name: str, _folder: Path) -> str:
    rows = menu.rows(hostile(name), NOW, UTC)
    return "\n".join(str(_properties(row).get("label", ("s", ""))[1]) for row in _all(rows))


def _settings(name: str, _folder: Path) -> str:
    quoted = json.dumps(name.encode("utf-8", "replace").decode()).replace("\x7f", "")
    read = read_settings(f"{quoted} = 1\n[display]\n{quoted} = {quoted}\nicon = {quoted}\n", "f", SETTINGS)
    return _printed(
        f"{read.problem}\n{settings_text.table(read, Path('/x') / (name[:4000].replace(chr(0), '') or 'x'))}"
    )


def _notices(name: str, _folder: Path) -> str:
    return "\n".join(f"{on_the_bus(each.title)}\n{on_the_bus(each.body)}" for each in _told(name))


def _told(name: str) -> list[Notice]:
    known = hostile(name)
    assert known.snapshot is not None
    usage = known.snapshot.accounts[0]
    kinds = ("spent", "usable_again", "login_gone", "early_reset", "left:10")
    lane = usage.windows[0].value
    each = [
        Occasion(kind=kind, account=usage.key, window=lane.id, usage=usage, limit=lane, ends=NOW + LATER)
        for kind in kinds
    ]
    return [notices.notice("k", (one, *each), known, NOW, UTC) for one in each]


def _log(name: str, folder: Path) -> str:
    with logging_to(folder, "tray"):
        logging.getLogger("providers.x").warning("%s failed: %s", name, name)
    return (folder / "tankful.log").read_text("utf-8")


def _bar(name: str, _folder: Path) -> str:
    facts = json.loads(json.dumps({"generated_at": as_time(NOW), **contents(hostile(name))}))
    return bar_line(published.as_of(facts, NOW.timestamp()), "all", NOW.timestamp()).text


def _doctor(name: str, _folder: Path, *, styled: bool = False) -> str:
    row = warning(name[:200], name[:4000], name[:200])
    return _printed(as_text([Section("Files", (row,))], colour=styled), styled=styled)


TEXTS: dict[str, Callable[[str, Path], str]] = {
    "tankful": lambda name, _: _printed(output.as_text(menu.status_rows(hostile(name), NOW, UTC))),
    **{f"cost --by {by}": _cost(by) for by in GROUPS},
    "cost --rates, prices list": _rates,
    "config list": _settings,
    "doctor": _doctor,
    "menu": _menu,
    "notice": _notices,
    "summary": lambda name, _: menu.summary(hostile(name), NOW, UTC),
    "title": lambda name, _: tooltip.title(hostile(name), NOW),
    "tooltip": lambda name, _: tooltip.text(hostile(name), NOW),
    "tankful.log": _log,
    "statusline": _bar,
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("leaves", TEXTS.values(), ids=TEXTS)
def test_text_is_only_read(leaves: Callable[[str, Path], str], name: str, tmp_path: Path) -> None:
    text = leaves(name, tmp_path)
    assert text
    obeyed = {
        sign for sign in text if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn")
    }
    assert obeyed <= {"\n"}, ascii(text)
    text.encode()
    assert max(map(len, text.split("\n"))) < 4500


STYLED: dict[str, Callable[[str, Path], tuple[str, str]]] = {
    **{
        f"cost --by {by}": lambda name, folder, by=by: (  # type: ignore[misc]
            _cost(by, styled=True)(name, folder),
            _cost(by)(name, folder),
        )
        for by in GROUPS
    },
    "cost --rates, prices list": lambda name, folder: (
        _rates(name, folder, styled=True),
        _rates(name, folder),
    ),
    "doctor": lambda name, folder: (_doctor(name, folder, styled=True), _doctor(name, folder)),
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("leaves", STYLED.values(), ids=STYLED)
def test_no_name_has_a_style_on_a_terminal(
    leaves: Callable[[str, Path], tuple[str, str]], name: str, tmp_path: Path
) -> None:
    styled, plain = leaves(name, tmp_path)
    assert "\x1b[" in styled
    assert re.sub(r"\x1b\[(1|0|33)m", "", styled) == plain


def test_only_styles_of_ours_are_printed() -> None:
    assert _printed("\x1b[1ma\x1b[2Jb\x1b[0m\x9bc", styled=True) == "\x1b[1ma [2Jb\x1b[0m c\n"


DOCUMENTS: dict[str, Callable[[str], object]] = {
    "usage --json": lambda name: document.usage(_snapshot(name), NOW),
    "cost --json": lambda name: cost_document.as_data(report(name), "session", None, UTC, NOW),
    "snapshot.json": lambda name: contents(hostile(name)),
    "notify.command": lambda name: [notice_json(each) for each in _told(name)],
}


def _snapshot(name: str) -> UsageSnapshot:
    found = hostile(name).snapshot
    assert found is not None
    return found


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("leaves", DOCUMENTS.values(), ids=DOCUMENTS)
def test_json_is_whole_and_of_print_only(leaves: Callable[[str], object], name: str) -> None:
    text = output.as_json(leaves(name))
    assert all(sign.isprintable() or sign == "\n" for sign in text)
    strict = msgspec.json.decode(text.encode())
    assert json.loads(text) == strict
    if leaves is not DOCUMENTS["notify.command"] and not any("\ud800" <= sign <= "\udfff" for sign in name):
        assert json.dumps(name)[1:-1] in json.dumps(strict)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_what_panels_take_for_markup_is_text(name: str) -> None:
    known = hostile(name)
    item = StatusItem("tankful", "/Menu", lambda *_: None, lambda: None)
    item.describe(Tooltip(tooltip.title(known, NOW), tooltip.text(known, NOW)))
    _, _, title, text = item._read_tooltip()
    bodies = [_escaped(each.body) for each in _told(name)]
    for markup in (title, text, *bodies):
        assert len(ET.fromstring(f"<t>{markup}</t>")) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no such name can be made")
@pytest.mark.parametrize(
    "arguments", [("usage", "--json"), ("usage", "--cached", "--json"), ("cost", "--json")]
)
def test_a_home_whose_name_is_no_text_takes_no_command_down(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    folder = Folder(tmp_path)
    home = tmp_path / os.fsdecode(b"h\xff\xc2\x9b\xe2\x80\xae")
    make_home(home, base="http://127.0.0.1:9")
    (home / "sessions").mkdir()
    folder.environ["CODEX_HOME"] = str(home)
    (tmp_path / "claude/projects").mkdir(parents=True)
    for _ in range(2):
        done = folder.start(*arguments)
        assert "internal error" not in done.stderr
        assert "Traceback" not in done.stderr
        assert all(sign.isprintable() or sign == "\n" for sign in done.stdout)
        assert arguments[0] == "cost" or "h\\\\udcff" in done.stdout  # which names homes that have logs
        msgspec.json.decode(done.stdout.encode())
