"""`tankful prices`, as a person runs it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fake_chatgpt import FakeChatGPT, fake_chatgpt, says
from tests.providers.ledger.prices.published_list import published
from tray.cli.main import main

FIXTURES = Path(__file__).parents[2] / "fixtures/codex/0.169.0"
RANGE = ("--timezone", "UTC", "--since", "2026-11-01", "--until", "2026-11-30")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def server() -> Iterator[FakeChatGPT]:
    with fake_chatgpt() as fake:
        fake.answer = says(published())
        yield fake


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TANKFUL_HOME", str(tmp_path / "own"))
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / "codex"))
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "claude"))
    return tmp_path


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def tankful(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main(list(arguments))
        except SystemExit as ended:
            code = int(str(ended.code))
        return code, *capsys.readouterr()

    return tankful


def log_of(model: str, home: Path) -> None:
    """A session of this model: 41,156 input tokens of which 26,624 are cached, and 1,996 of output in all."""
    shutil.copytree(FIXTURES / "plain/home", home / "codex", dirs_exist_ok=True)
    for log in (home / "codex").rglob("*.jsonl"):
        log.write_text(log.read_text().replace("gpt-5.5", model))


def test_the_list_says_where_each_price_is_from(
    home: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    own = home / "own/prices.toml"
    own.parent.mkdir()
    own.write_text('[[price]]\nmodel = "gpt-5.5*"\ninput = 1.5\noutput = 12\n')
    code, out, err = run("prices", "list", "gpt-5.5", "6.2-sol", "OPUS-4-8")
    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[0] == "model input cache read cache write 1h write output from"
    assert lines[2:-2] == [
        "gpt-5.5* 1.5 1.5 1.5 1.5 12 your prices.toml, line 2",
        "claude-opus-4-8 5 0.5 6.25 10 25 genai-prices 0.2.3, built in",
        "gpt-5.5 1.5 1.5 1.5 1.5 12 your prices.toml, line 2",
        "gpt-5.5-cyber 1.5 1.5 1.5 1.5 12 your prices.toml, line 2",
        "gpt-5.5-pro 1.5 1.5 1.5 1.5 12 your prices.toml, line 2",
        "gpt-6.2-sol 2 0.1 2.5 2.5 10 tankful's prices.toml, checked 2026-11-28",
    ]
    assert len(run("prices")[1].splitlines()) > 100
    assert run("prices", "list", "gpt-99") == (1, "", "tankful: no model of that name has a known price.\n")


def test_the_list_as_json_has_long_prompts_and_services(run: Run) -> None:
    code, out, _ = run("prices", "list", "--json", "gpt-6.2-astra")
    document = json.loads(out)
    assert (code, document["schema"], list(document["models"])) == (0, "tankful.prices/1", ["gpt-6.2-astra"])
    astra = document["models"]["gpt-6.2-astra"]
    assert astra["origin"] == "tankful's prices.toml, checked 2026-11-28"
    assert astra["usd_per_million"] == {
        "input": 8,
        "cache_read": 0.4,
        "cache_write": 10,
        "cache_write_1h": 10,
        "output": 40,
    }
    assert astra["above"]["272000"]["output"] == 60
    services = {tier: each["usd_per_million"]["output"] for tier, each in astra["services"].items()}
    ultrafast = 120 if datetime.now(UTC) < datetime(2027, 3, 1, tzinfo=UTC) else 240
    assert services == {"batch": 20, "priority": 80, "fast": 80, "ultrafast": ultrafast}


def test_an_update_reprices_what_was_counted_and_a_reset_undoes_it(
    server: FakeChatGPT, home: Path, run: Run
) -> None:
    log_of("gpt-9-foo", home)

    def cost() -> dict[str, object]:
        report = json.loads(run("cost", "--json", "--rates", *RANGE)[1])["providers"]["codex"]
        origins = [rate["origin"] for rate in report["rates"].values()]
        return {"usd": report["totals"]["usd"], "unpriced": report["unpriced_models"], "from": origins}

    unpriced = {"usd": None, "unpriced": ["gpt-9-foo"], "from": []}
    assert cost() == unpriced
    assert "Not included (no known price): gpt-9-foo. Run `tankful prices update`" in run("cost", *RANGE)[1]

    code, out, err = run("prices", "update", "--url", f"{server.url}/data.json")
    assert (code, err) == (0, "")
    assert out.startswith("Prices updated: 2 models, 2 of them new.\nNew: claude-opus-9 and gpt-9-foo.\n")
    assert "\nNot in this list, so the built-in prices still apply: " in out
    priced = cost()
    totals = json.loads(run("cost", "--json", *RANGE)[1])["providers"]["codex"]["totals"]
    expected = (
        (totals["input_tokens"] + totals["cache_read_tokens"]) * 4 + totals["output_tokens"] * 20
    ) / 1_000_000
    assert priced["usd"] == pytest.approx(expected)
    assert priced["unpriced"] == []
    assert str(priced["from"]).startswith("['genai-prices, updated on 20")
    assert "genai-prices, updated on 20" in run("prices", "list", "gpt-9-foo")[1]

    assert run("prices", "reset") == (0, "The downloaded prices were deleted. The built-in ones apply.\n", "")
    assert cost() == unpriced
    assert run("prices", "reset") == (0, "There are no downloaded prices. The built-in ones apply.\n", "")


def test_what_has_no_price_is_named_beside_the_limits(home: Path, run: Run) -> None:
    log_of("gpt-9-foo", home)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    for log in (home / "codex").rglob("*.jsonl"):
        log.write_text(log.read_text().replace("2026-11-20T", f"{yesterday:%Y-%m-%d}T"))
    run("cost")
    assert "  No price for gpt-9-foo.\n" in run("usage", "--cached")[1]


def test_a_failed_update_says_what_to_do(server: FakeChatGPT, home: Path, run: Run) -> None:
    server.answer = says(b"404: Not Found", 404)
    sentence = (
        "tankful: 127.0.0.1 sent an unexpected response (HTTP 404)."
        " Check for a tankful update: the format may have changed.\n"
    )
    assert run("prices", "update", "--url", f"{server.url}/data.json") == (1, "", sentence)
    assert not (home / "own/state/prices.json").exists()


def test_damaged_prices_are_ignored_with_a_sentence(home: Path, run: Run) -> None:
    log_of("gpt-5.5", home)
    file = home / "own/state/prices.json"
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    sentence = (
        "tankful: The downloaded prices cannot be read, so the built-in ones apply."
        " Run `tankful prices update` or `tankful prices reset`.\n"
    )
    code, out, err = run("cost", "--json", *RANGE)
    assert (code, err) == (0, sentence)
    assert json.loads(out)["providers"]["codex"]["totals"]["usd"] == pytest.approx(0.165308)
    assert run("prices", "list", "gpt-5.5")[2] == sentence
    assert run("prices", "reset")[0] == 0
    assert run("cost", "--json", *RANGE)[2] == ""


def test_a_folder_that_cannot_be_written_is_named(server: FakeChatGPT, home: Path, run: Run) -> None:
    (home / "own").mkdir()
    (home / "own/state").write_text("")
    code, out, err = run("prices", "update", "--url", f"{server.url}/data.json")
    assert (code, out) == (1, "")
    state = home / "own/state"
    why = f"Cannot create {state}: {state} is a file. Move it away."
    assert err == f"tankful: the prices cannot be saved. {why}\n"


def test_an_action_that_does_not_exist_shows_the_usage(run: Run) -> None:
    code, _, err = run("prices", "upgrade")
    assert code == 64
    assert "usage: tankful prices" in err
