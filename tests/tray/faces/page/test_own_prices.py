"""Prices of the person's own through the page: forms are posted to a real server over real logs."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.tray.faces.page.asking import Answer, posted, request, scope_in, served
from tests.tray.hostile import NAMES
from tray.engine.costs import Costs
from tray.faces.page.service import PageService
from tray.view import cost_document, price_list

LOGS = Path(__file__).parents[3] / "fixtures/codex/0.169.0/plain/home/sessions"
BACK = "/?tab=prices&range=all"
RULE = {"kind": "add", "number": "", "model": "gpt-5.5", "input": "1", "output": "2", "do": "save"}


class PricePage:
    """A server over the logs of one Codex home, as its person uses it."""

    def __init__(self, folder: Path, service: PageService) -> None:
        self.folder, self.service = folder, service
        self.file = folder / "prices.toml"
        assert service.figures.wait(1, 20)

    def get(self, target: str = BACK) -> str:
        answer = request(self.service, "GET", target.partition("#")[0])
        assert answer.status == 200
        return answer.text

    def version(self) -> str:
        found = re.search(r'name="version" value="(\w+)"', self.get(f"{BACK}&open=price:add:"))
        assert found is not None
        return found[1]

    def post(self, name: str = "price", **fields: str) -> str:
        """The page that a form leads to."""
        answer = self.post_raw(name, **fields)
        assert answer.status == 303
        return self.get(answer.header("location") or "")

    def post_raw(self, name: str = "price", **fields: str) -> Answer:
        typed = {key.rstrip("_"): value for key, value in fields.items()}
        return posted(self.service, name, urlencode({"back": BACK, **typed}))

    def save(self, **fields: str) -> str:
        return self.post(**{**RULE, "version": self.version(), **fields})

    def shown_total(self) -> float | None:
        selection = re.search(r'<data value="([\d.]+)"', self.get("/?tab=overview&range=all"))
        return None if selection is None else float(selection[1])

    def fresh_total(self, tmp_path: Path) -> float:
        """`totals.usd` of `tankful cost --json` with a ledger of its own and these prices."""
        other = tmp_path / "fresh"
        shutil.rmtree(other, ignore_errors=True)
        other.mkdir()
        if self.file.exists():
            shutil.copy(self.file, other)
        scope = scope_in(other, CODEX_HOME=str(self.folder / "codex"))
        reports, problem = Costs(scope).report(date(2026, 1, 1), date(2026, 12, 31), scope.zone)
        assert problem is None
        data = cost_document.as_data(reports, "day", None, scope.zone, scope.clock())
        total: float = data["providers"]["codex"]["totals"]["usd"]
        return total


@pytest.fixture
def page(tmp_path: Path) -> Iterator[PricePage]:
    folder = tmp_path / "own"
    shutil.copytree(LOGS, folder / "codex/sessions")
    with served(scope_in(folder)) as service:
        yield PricePage(folder, service)


def said(text: str) -> list[str]:
    return [html.unescape(each) for each in re.findall(r'role="(?:alert|status)"><p>(.*?)</p>', text)]


def mistakes(text: str) -> list[str]:
    return [html.unescape(each) for each in re.findall(r'class="mistake"[^>]*>(.*?)</p>', text)]


def notes(text: str) -> list[str]:
    """Of the form of a price."""
    text = text.split('id="price-form"')[1].split("</form>", maxsplit=1)[0]
    return [html.unescape(each) for each in re.findall(r'class="form-note">(.*?)</p>', text)]


def value_of(text: str, name: str) -> str:
    found = re.search(rf'<input id="price-[\d-]+" name="{name}" value="([^"]*)"', text)
    assert found is not None
    return html.unescape(found[1])


def test_a_saved_price_counts_at_once_and_as_in_a_fresh_count(page: PricePage, tmp_path: Path) -> None:
    assert page.shown_total() == pytest.approx(page.fresh_total(tmp_path))
    was = page.fresh_total(tmp_path)
    text = page.save()
    now = page.fresh_total(tmp_path)
    assert now < was
    assert page.shown_total() == pytest.approx(now)
    assert f"The price was added. The chosen days now come to ${now:.2f} instead of ${was:.2f}." in said(text)
    assert "Matches 1 model with 8 responses: gpt-5.5." in html.unescape(text)
    text = page.post(kind="end", number="0", version=page.version(), until="2026-11-20")
    assert page.shown_total() == pytest.approx(was), "all of it was on that day"
    assert page.fresh_total(tmp_path) == pytest.approx(was)
    text = page.post(kind="delete", number="0", version=page.version())
    assert "The price was deleted. It changes nothing in the chosen days." in said(text)
    assert page.file.read_text().startswith("# Your prices")
    assert "[[price]]" not in page.file.read_text()


def test_a_preview_saves_nothing_and_tells_what_a_save_then_does(page: PricePage, tmp_path: Path) -> None:
    was = page.fresh_total(tmp_path)
    text = page.save(do="preview", source="a page")
    assert not page.file.exists()
    found = notes(text)
    assert found[:2] == [
        "This is a preview: nothing was saved yet.",
        "Matches 1 model with 8 responses: gpt-5.5.",
    ]
    assert value_of(text, "source") == "a page"
    page.save()
    now = page.fresh_total(tmp_path)
    assert found[2] == f"The chosen days would come to ${now:.2f} instead of ${was:.2f}: 8 responses change."
    text = page.get(f"{BACK}&open=price:delete:0")
    assert notes(text) == [
        f"The chosen days would come to ${was:.2f} instead of ${now:.2f}: 8 responses change."
    ]
    assert page.file.exists()
    nothing = page.save(do="preview", model="nobody")
    assert notes(nothing)[1:] == ["Matches no model in your logs.", "Nothing changes in the chosen days."]


def test_a_mistake_keeps_what_was_typed_and_stands_at_its_field(page: PricePage) -> None:
    text = page.save(output="x", from_="2026-99-01", source='"><script>alert(1)</script>')
    assert said(text) == ["Nothing was saved. Correct what is marked."]
    assert mistakes(text) == [
        "This is not a date. Write it such as 2026-07-09.",
        "This is not a number. Write it such as 2.5.",
    ]
    assert [value_of(text, name) for name in ("model", "input", "output", "from")] == [
        "gpt-5.5",
        "1",
        "x",
        "2026-99-01",
    ]
    assert value_of(text, "source") == '"><script>alert(1)</script>'
    assert "<script>alert" not in text
    assert not page.file.exists()


def test_an_overlap_names_the_other_price(page: PricePage) -> None:
    page.save()
    before = page.file.read_bytes()
    (sentence,) = mistakes(page.save(model="GPT-5.5"))
    assert sentence == (
        "These days overlap with your price of gpt-5.5 for all days (line 4)."
        " End that one first, or choose other days."
    )
    assert page.file.read_bytes() == before


def test_of_two_tabs_the_second_one_changes_nothing(page: PricePage) -> None:
    page.save()
    version = page.version()
    page.post(kind="edit", number="0", version=version, model="gpt-5.5", input="3", output="4")
    after = page.file.read_bytes()
    for form in (
        {"kind": "edit", "number": "0", "model": "gpt-5.5", "input": "9", "output": "9"},
        {"kind": "delete", "number": "0"},
        {"kind": "end", "number": "0", "until": "2027-01-01"},
        {"kind": "end", "number": "0", "until": "2027-01-01", "do": "preview"},
        {**RULE, "model": "other"},
    ):
        text = page.post(**form, version=version)
        assert "has changed since this form was shown. Nothing was saved" in said(text)[0]
        assert page.file.read_bytes() == after
    kept = page.post(**{**RULE, "model": "other"}, version=version)
    assert value_of(kept, "model") == "other"
    assert page.version() in kept, "and a new one can be sent again"


def test_a_file_that_is_damaged_is_shown_with_its_line_and_left_alone(page: PricePage) -> None:
    page.file.write_text("# mine\n[[price]]\nmodel = 'x'\ninput = -1\noutput = 0\n")
    text = page.get()
    assert (
        "prices.toml, line 4: <code>input</code> is negative. Correct it first; nothing was changed."
        in html.unescape(text)
    )
    assert "Add a price" not in text
    text = page.post(**RULE, version="x")
    assert "has changed since" in said(text)[0]
    assert page.file.read_text().endswith("input = -1\noutput = 0\n")
    page.file.write_bytes(b"\xff")
    assert "is not text in UTF-8" in page.get()


def test_a_price_that_only_the_person_can_change_says_so(page: PricePage) -> None:
    page.file.write_text('price = [{model = "gpt-5.5", input = 1, output = 1}]\n')
    assert notes(page.get(f"{BACK}&open=price:delete:0")) == [
        "It is written in a way that only you can change: edit it by hand."
    ]
    for form in ({"kind": "delete", "number": "0"}, {**RULE, "model": "other"}):
        text = page.post(**form, version=page.version())
        assert (
            "line 1: it is written in a way that only you can change: edit it by hand. Nothing was"
            in said(text)[0]
        )
    assert page.file.read_text().startswith("price = [")


def test_forms_that_nobody_was_shown_do_nothing(page: PricePage) -> None:
    for form in (
        {},
        {"kind": "hack"},
        {"kind": "edit", "number": "-1"},
        {"kind": "edit", "number": "7", **{key: RULE[key] for key in ("model", "input", "output")}},
        {"kind": "delete", "number": "7"},
    ):
        text = page.post(**form, version=page.version())
        assert said(text)
        assert not page.file.exists()
    page.save(unknown="x", __proto__="y")
    assert "unknown" not in page.file.read_text()


def test_a_model_without_a_price_is_named_and_gets_a_form(page: PricePage) -> None:
    log = next((page.folder / "codex").rglob("*.jsonl"))
    log.write_text(log.read_text().replace('"gpt-5.5"', '"acme <b>"'))
    page.post("recalculate")
    text = page.get()
    assert "No price is known for some responses, so the costs are lower bounds:" in text
    assert '<bdi title="acme &lt;b&gt;">acme &lt;b&gt;</bdi>' in text
    (address,) = set(re.findall(r'<a href="([^"]*)">Add a price</a>', text.split("Your prices")[0]))
    assert value_of(page.get(html.unescape(address)), "model") == "acme <b>"
    page.save(model="acme <b>")
    assert "lower bounds" not in page.get()


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_hostile_names_break_neither_the_page_nor_the_file(page: PricePage, name: str) -> None:
    before = page.file.exists()
    answer = page.post_raw(**{**RULE, "version": "x", "model": name.encode(errors="replace").decode()})
    assert answer.status == 303
    assert page.file.exists() is before
    assert page.get(answer.header("location") or "").count("<main") == 1
    odd = page.get(
        f"{BACK}&{urlencode({'open': f'price:add:{name}', 'model': name}, errors='replace')[:7000]}"
    )
    assert odd.count("<main") == 1


def test_a_form_from_elsewhere_is_refused(page: PricePage) -> None:
    body = urlencode({**RULE, "version": page.version(), "back": BACK})
    assert posted(page.service, "price", body, ("Origin", "http://evil.example")).status == 403
    assert request(page.service, "POST", "/do/price", [], body.encode()).status in (400, 403, 415)
    assert not page.file.exists()


def test_the_rates_are_those_of_the_price_list(page: PricePage) -> None:
    scope = page.service.figures._scope
    rows = price_list.rows(scope.rates(), scope.clock(), ("gpt-5.5",))
    used = price_list.as_data(rows, scope.rates(), scope.clock())["models"]["gpt-5.5"]["usd_per_million"]
    text = page.get()
    row = text[text.index("<bdi>gpt-5.5</bdi>") :].split("</tr>")[0]
    shown = [float(each) for each in re.findall(r'<td class="number">([\d.]+)</td>', row)[:5]]
    assert shown == [
        used[name] for name in ("input", "cache_read", "cache_write", "cache_write_1h", "output")
    ]
