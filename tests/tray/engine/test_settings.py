from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.source import ProviderSettings
from tests.fake_provider import FakeSource, fake_provider
from tray.engine.settings import Settings, SettingsFile, read_settings
from tray.engine.settings_table import SETTINGS, table_of


def fake_sources(*idents: str) -> list[FakeSource]:
    return [FakeSource(lambda _: None, ident=ident) for ident in idents]


TABLE = table_of(
    [
        fake_provider([], *fake_sources("oauth", "app-server", "rollouts"), ident="codex"),
        fake_provider([], *fake_sources("oauth"), ident="claude"),
    ]
)
ROOT = Path(os.path.abspath(os.sep))


def read(text: str) -> Settings:
    return read_settings(text, "settings.toml", TABLE)


def test_everything_that_can_be_set() -> None:
    homes = [(ROOT / "a").as_posix(), "~/b"]
    settings = read(
        f"""
        [providers.codex]
        homes = {homes}
        program = "~/bin/codex"
        source = "app-server"
        [providers.claude]
        enabled = false
        source = "auto"
        """
    )
    home = Path(os.path.expanduser("~"))
    assert settings.problem is None
    assert settings.providers == {
        "codex": ProviderSettings(
            homes=(ROOT / "a", home / "b"), program=home / "bin/codex", source="app-server"
        ),
        "claude": ProviderSettings(enabled=False),
    }


def test_nothing_set() -> None:
    assert read("") == read("\n# a note\n") == Settings(table=TABLE)


TOP = ", ".join(dict.fromkeys(setting.path[0] for setting in SETTINGS))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[providers.codex]\nenabled = 1", "line 2: `enabled` should be true or false"),
        (
            '[providers.codex]\nhomes = "~/x"',
            "line 2: `homes` should be a list of folders in quotes, each from / or ~",
        ),
        (
            '[providers.codex]\nhomes = ["x"]',
            "line 2: `homes` should be a list of folders in quotes, each from / or ~",
        ),
        ("[providers.codex]\n\nprogram = 7", "line 3: `program` should be a path in quotes, from / or ~"),
        ('[providers.codex]\nprogram = "codex"', "line 2: `program` should be a path in quotes, from / or ~"),
        ('[providers.claude]\nsource = "rollouts"', "line 2: `source` should be one of auto, oauth"),
        ("[providers.claude]\nsource = 7", "line 2: `source` should be one of auto, oauth"),
        ("[providers.gemini]\nx = 1", "line 1: unknown key `gemini` (known here: codex, claude)"),
        (
            "[providers.codex]\nenable = true",
            "line 2: unknown key `enable` (did you mean `enabled`?)",
        ),
        (
            "x = 1\nproviders.codex.enabled = 7",
            f"line 1: unknown key `x` (known here: {TOP}); line 2: `enabled` should be true or false",
        ),
        ("providers = 7", "line 1: `providers` should be a table, [providers]"),
        ("[providers]\ncodex = true", "line 2: `codex` should be a table, [providers.codex]"),
        ("[[providers.codex]]\nenabled = false", "line 1: `codex` should be a table, [providers.codex]"),
        ('"\\u001b[2J\\n" = 1', rf"line 1: unknown key `\x1b[2J\n` (known here: {TOP})"),
        (f"{'k' * 99} = 1", f"line 1: unknown key `{'k' * 40}…` (known here: {TOP})"),
    ],
)
def test_errors_are_reported_with_their_line(text: str, problem: str) -> None:
    assert read(text).problem == f"settings.toml, {problem}. All other settings apply."


def test_the_rest_counts() -> None:
    settings = read(
        '[providers.codex]\nenabled = "no"\nsource = "rollouts"\n[providers.claude]\nenabled = false\nx = 1'
    )
    assert settings.problem == (
        "settings.toml, line 2: `enabled` should be true or false; "
        "line 6: unknown key `x` (known here: enabled, homes, program, source). All other settings apply."
    )
    assert settings.providers == {
        "codex": ProviderSettings(source="rollouts"),
        "claude": ProviderSettings(enabled=False),
    }


def test_only_the_first_problems_are_named() -> None:
    problem = read("a = 1\nb = 1\nc = 1\nd = 1\ne = 1").problem
    assert problem is not None
    assert "line 3" in problem
    assert "line 4" not in problem
    assert problem.endswith("; and 2 more. All other settings apply.")


def test_what_is_no_toml_sets_nothing() -> None:
    settings = read("[providers.codex]\nenabled = false\nsource = = 1")
    assert settings.providers == {}
    assert settings.problem is not None
    assert settings.problem.startswith("settings.toml, line 3: not TOML: ")
    assert settings.problem.endswith("; the file is ignored.")


@given(
    st.text()
    | st.lists(st.sampled_from(["[", "]", "=", "providers", ".", "codex", "\n", '"', "1", "enabled"])).map(
        "".join
    )
)
def test_any_text_is_settings_or_one_sentence(text: str) -> None:
    settings = read(text)
    assert set(settings.providers) <= {"codex", "claude"}
    assert settings.problem is None or "line " in settings.problem


def test_a_file_is_read_again_when_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    file = SettingsFile(path, TABLE)
    assert file.current() == Settings(table=TABLE)
    path.write_text("[providers.codex]\nenabled = false\n")
    assert not file.current().providers["codex"].enabled
    assert file.current() is file.current()
    path.write_text("[providers.codex]\nenabled = true \n")
    os.utime(path, ns=(1, 1))
    assert file.current().providers["codex"].enabled
    path.unlink()
    assert file.current() == Settings(table=TABLE)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xff\xfe", "is not text in UTF-8; the file is ignored."),
        (b"#" * (1 << 19), "cannot be read (File too large); the file is ignored."),
    ],
)
def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    settings = SettingsFile(path, TABLE).current()
    assert settings.providers == {}
    assert settings.problem is not None
    assert settings.problem.endswith(problem)


def test_a_mark_at_the_beginning_is_no_problem(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(b"\xef\xbb\xbf[providers.codex]\r\nenabled = false\r\n")
    settings = SettingsFile(path, TABLE).current()
    assert (settings.providers, settings.problem) == ({"codex": ProviderSettings(enabled=False)}, None)


def test_a_folder_in_its_place_is_reported(tmp_path: Path) -> None:
    problem = SettingsFile(tmp_path, TABLE).current().problem
    assert problem is not None
    assert "cannot be read" in problem


@pytest.mark.skipif(sys.platform == "win32", reason="pipes are no files there")
def test_a_pipe_in_its_place_does_not_keep_us_waiting(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    os.mkfifo(path)
    problem = SettingsFile(path, TABLE).current().problem
    assert problem is not None
    assert "Not a regular file" in problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("providers = {codex = {enabled = 1}}", "line 1: `enabled` should be true or false"),
        ("providers.codex = []", "line 1: `codex` should be a table, [providers.codex]"),
        ("[providers]\r\ncodex.enabled = 'x'\r\n", "line 2: `enabled` should be true or false"),
        ("[providers.codex]\nenabled.x = 1", "line 2: `enabled` should be true or false"),
        ("[[providers]]\ncodex = 1", "line 1: `providers` should be a table, [providers]"),
    ],
)
def test_unusual_toml_is_named_with_its_line_too(text: str, problem: str) -> None:
    assert read(text).problem == f"settings.toml, {problem}. All other settings apply."


@pytest.mark.parametrize(
    "text", ["[providers.codex]\n[providers.codex]\n", "providers.codex.enabled = true\n[providers.codex]\n"]
)
def test_a_duplicate_table_is_invalid_toml(text: str) -> None:
    problem = read(text).problem
    assert problem is not None
    assert problem.startswith("settings.toml, line ")
    assert problem.endswith("; the file is ignored.")


def test_many_mistakes_cost_no_time() -> None:
    began = time.process_time()
    assert "and 29997 more" in str(read("".join(f"k{n} = 1\n" for n in range(30_000))).problem)
    assert time.process_time() - began < 3
