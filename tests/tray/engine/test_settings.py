from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.source import ProviderSettings
from tray.engine.settings import Settings, SettingsFile, read_settings

SOURCES = {"codex": ("oauth", "app-server", "rollouts"), "claude": ("oauth",)}
ROOT = Path(os.path.abspath(os.sep))


def read(text: str) -> Settings:
    return read_settings(text, "settings.toml", SOURCES)


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
    assert settings == Settings(
        providers={
            "codex": ProviderSettings(
                homes=(ROOT / "a", home / "b"), program=home / "bin/codex", source="app-server"
            ),
            "claude": ProviderSettings(enabled=False),
        }
    )


def test_nothing_set() -> None:
    assert read("") == read("\n# a note\n") == Settings()


@pytest.mark.parametrize(
    ("text", "trouble"),
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
        ("[providers.gemini]\nx = 1", "line 1: `gemini` is not known here, only codex, claude"),
        (
            "[providers.codex]\nenable = true",
            "line 2: `enable` is not known here, only enabled, homes, program, source",
        ),
        (
            "x = 1\nproviders.codex.enabled = 7",
            "line 1: `x` is not known here, only providers; line 2: `enabled` should be true or false",
        ),
        ("providers = 7", "line 1: `providers` should be a table, [providers]"),
        ("[providers]\ncodex = true", "line 2: `codex` should be a table, [providers.codex]"),
        ("[[providers.codex]]\nenabled = false", "line 1: `codex` should be a table, [providers.codex]"),
        ('"\\u001b[2J\\n" = 1', r"line 1: `\x1b[2J\n` is not known here, only providers"),
        (f"{'k' * 99} = 1", f"line 1: `{'k' * 40}…` is not known here, only providers"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, trouble: str) -> None:
    assert read(text).trouble == f"settings.toml, {trouble}. The rest counts."


def test_the_rest_counts() -> None:
    settings = read(
        '[providers.codex]\nenabled = "no"\nsource = "rollouts"\n[providers.claude]\nenabled = false\nx = 1'
    )
    assert settings.trouble == (
        "settings.toml, line 2: `enabled` should be true or false; "
        "line 6: `x` is not known here, only enabled, homes, program, source. The rest counts."
    )
    assert settings.providers == {
        "codex": ProviderSettings(source="rollouts"),
        "claude": ProviderSettings(enabled=False),
    }


def test_only_the_first_troubles_are_told() -> None:
    trouble = read("a = 1\nb = 1\nc = 1\nd = 1\ne = 1").trouble
    assert trouble is not None
    assert "line 3" in trouble
    assert "line 4" not in trouble
    assert trouble.endswith("; and 2 more. The rest counts.")


def test_what_is_no_toml_sets_nothing() -> None:
    settings = read("[providers.codex]\nenabled = false\nsource = = 1")
    assert settings.providers == {}
    assert settings.trouble is not None
    assert settings.trouble.startswith("settings.toml, line 3: not TOML: ")
    assert settings.trouble.endswith(": it sets nothing.")


@given(
    st.text()
    | st.lists(st.sampled_from(["[", "]", "=", "providers", ".", "codex", "\n", '"', "1", "enabled"])).map(
        "".join
    )
)
def test_any_text_is_settings_or_one_sentence(text: str) -> None:
    settings = read(text)
    assert set(settings.providers) <= set(SOURCES)
    assert settings.trouble is None or "line " in settings.trouble


def test_a_file_is_read_anew_when_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    file = SettingsFile(path, SOURCES)
    assert file.current() == Settings()
    path.write_text("[providers.codex]\nenabled = false\n")
    assert not file.current().providers["codex"].enabled
    assert file.current() is file.current()
    path.write_text("[providers.codex]\nenabled = true \n")
    os.utime(path, ns=(1, 1))
    assert file.current().providers["codex"].enabled
    path.unlink()
    assert file.current() == Settings()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff\xfe", "is not text in UTF-8: it sets nothing."),
        (b"#" * (1 << 19), "cannot be read (File too large): it sets nothing."),
    ],
)
def test_a_file_that_cannot_be_read_says_so(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    settings = SettingsFile(path, SOURCES).current()
    assert settings.providers == {}
    assert settings.trouble is not None
    assert settings.trouble.endswith(told)


def test_a_mark_at_the_beginning_is_no_trouble(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(b"\xef\xbb\xbf[providers.codex]\r\nenabled = false\r\n")
    assert SettingsFile(path, SOURCES).current() == Settings(
        providers={"codex": ProviderSettings(enabled=False)}
    )


def test_a_folder_in_its_place_says_so(tmp_path: Path) -> None:
    trouble = SettingsFile(tmp_path, SOURCES).current().trouble
    assert trouble is not None
    assert "cannot be read" in trouble


@pytest.mark.skipif(sys.platform == "win32", reason="pipes are no files there")
def test_a_pipe_in_its_place_does_not_keep_us_waiting(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    os.mkfifo(path)
    trouble = SettingsFile(path, SOURCES).current().trouble
    assert trouble is not None
    assert "Not a regular file" in trouble
