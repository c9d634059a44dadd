"""`tankful config`, as a person runs it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from providers.setting import Bool, Duration, Setting
from tests.programs import printed_by
from tray.cli.main import main
from tray.engine import settings_table
from tray.engine.settings_table import SETTINGS
from tray.view.settings_text import facts

QUARTER = Setting(
    "notify.every",
    Duration(timedelta(minutes=1), timedelta(days=1)),
    timedelta(minutes=15),
    "Remind after this time.",
    live=False,
)
Config = Callable[..., tuple[int, str, str]]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TANKFUL_HOME", str(tmp_path))
    return tmp_path / "settings.toml"


@pytest.fixture
def config(file: Path, capsys: pytest.CaptureFixture[str]) -> Config:
    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main(["config", *arguments])
        except SystemExit as ended:
            code = int(str(ended.code))
        return code, *capsys.readouterr()

    return run


def test_a_value_from_set_to_unset(file: Path, config: Config) -> None:
    assert config("get", "providers.codex.enabled") == (0, "true\n", "")
    assert config("set", "providers.codex.enabled", "off") == (
        0,
        "providers.codex.enabled = false (was: true)\n",
        "",
    )
    assert "\n[providers.codex]\nenabled = false\n" in file.read_text()
    assert config("get", "providers.codex.enabled") == (0, "false\n", "")
    removed = "providers.codex.enabled is no longer set. Its default applies: true\n"
    assert config("unset", "providers.codex.enabled") == (0, removed, "")
    assert config("unset", "providers.codex.enabled") == (0, "providers.codex.enabled was not set.\n", "")
    assert config("path") == (0, f"{file}\n", "")


def test_a_path_stays_as_it_was_written(file: Path, config: Config) -> None:
    assert config("set", "providers.codex.homes", "~/a, ~/b")[0] == 0
    assert 'homes = ["~/a", "~/b"]' in file.read_text()
    expected = f"{Path('~/a').expanduser()}, {Path('~/b').expanduser()}\n"
    assert config("get", "providers.codex.homes") == (0, expected, "")
    assert config("get", "providers.codex.program") == (0, "\n", "")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ["set", "providers.claude.source", "web"],
            "providers.claude.source should be one of auto, oauth, usage-command, statusline, noted, not 'web'",
        ),
        (["set", "providers.codex.enabled", "1"], "providers.codex.enabled should be true or false, not '1'"),
        (
            ["set", "providers.codex.homes", "a"],
            "providers.codex.homes should be a list of folders, each from / or ~, not 'a'",
        ),
        (
            ["get", "providers.codex.home"],
            "there is no setting 'providers.codex.home'. Did you mean providers.codex.homes, ",
        ),
        (["unset", "colour"], "there is no setting 'colour'. `tankful config list` shows all settings."),
    ],
)
def test_an_invalid_change_changes_nothing(
    file: Path, config: Config, arguments: list[str], complaint: str
) -> None:
    code, out, errors = config(*arguments)
    assert (code, out) == (64, "")
    assert f"\ntankful config: {complaint}" in errors
    assert not file.exists()


def test_a_file_that_is_no_toml_is_left_alone(file: Path, config: Config) -> None:
    file.write_text("a = 1\nb = = 2\n")
    for arguments in (["set", "providers.codex.enabled", "no"], ["unset", "providers.codex.enabled"]):
        code, out, errors = config(*arguments)
        assert (code, out) == (1, "")
        assert "settings.toml, line 2: not TOML: " in errors
        assert errors.endswith("Correct it first; nothing was changed.\n")
    assert file.read_text() == "a = 1\nb = = 2\n"


def test_the_list_explains_every_setting(file: Path, config: Config) -> None:
    file.write_text('[providers.codex]\nsource = "oauth"\nprogram = 7\n')
    code, out, errors = config("list")
    assert code == 0
    assert "line 3: `program` should be a path in quotes" in errors
    # The path of the file stays whole, on a line of its own where it is long.
    assert {line for line in out.splitlines() if len(line) > 80} <= {f"{file};"}
    words = " ".join(out.split())
    for setting in SETTINGS:
        assert f"{setting.key} " in out
        assert f"{setting.doc} {facts(setting)}" in words
    marked = [line.split() for line in out.partition("\n\n")[2].splitlines() if line.startswith("*")]
    assert marked == [["*", "providers.codex.source", "oauth"]]
    assert config()[1] == out
    assert re.search(
        r"\n  providers\.claude\.enabled +true\n +Show the limits and the cost of Claude\.\n", out
    )


def test_the_list_as_json(file: Path, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_table, "GENERAL", (QUARTER,))
    file.write_text('[providers.codex]\nprogram = "/bin/x"\nhomes = 1\n')
    document: dict[str, Any] = json.loads(config("list", "--json")[1])
    assert (document["schema"], document["file"]) == ("tankful.config/1", str(file))
    assert "line 3" in document["problem"]
    by_key = {setting["key"]: setting for setting in document["settings"]}
    assert by_key["providers.codex.program"] == {
        "key": "providers.codex.program",
        "type": "a path in quotes, from / or ~",
        "default": None,
        "value": str(Path("/bin/x").absolute()),
        "set": True,
        "live": True,
        "doc": "The program of Codex, if tankful does not find it.",
    }
    assert (by_key["providers.codex.homes"]["value"], by_key["providers.codex.homes"]["set"]) == ([], False)
    assert (by_key["notify.every"]["value"], by_key["notify.every"]["live"]) == ("15m", False)


def test_a_setting_that_needs_a_restart(file: Path, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_table, "GENERAL", (QUARTER,))
    assert config("set", "notify.every", "1h 30m") == (
        0,
        "notify.every = 1h30m (was: 15m)\nTakes effect when tankful is restarted.\n",
        "",
    )
    assert file.read_text().endswith('[notify]\nevery = "1h 30m"\n')


def test_a_new_setting_is_a_line(file: Path, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_table, "GENERAL", (Setting("sound", Bool(), False, "Play a sound."),))
    code, out, _ = config("list")
    assert code == 0
    assert re.search(r"\n  sound +false\n +Play a sound\.\n", out)
    assert config("set", "sound", "true")[0] == 0
    assert config("get", "sound") == (0, "true\n", "")


def test_to_read_settings_loads_neither_what_writes_them_nor_a_source(file: Path) -> None:
    code = "import sys\nfrom tray.cli.main import main\nmain(['config', 'list'])\nprint(*sys.modules)"
    assert not set(printed_by(code).split()) & {"tomlkit", "requests", "PIL"}
