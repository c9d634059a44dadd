"""The table of all settings, and what is derived from it."""

from __future__ import annotations

from typing import Any

import pytest

from providers.provider_settings import provider_settings
from providers.registry import PROVIDERS
from providers.setting import Bool, FilePath, Menu, Setting, Text
from providers.source import ProviderSettings
from tests.fake_provider import FakeSource, fake_provider
from tray.engine import settings_table
from tray.engine.settings_table import SETTINGS, UnknownSetting, find, table_of, validate


def test_every_setting_is_documented_and_its_default_is_one_of_its_values() -> None:
    for setting in SETTINGS:
        assert setting.doc.endswith(".")
        if setting.default not in (None, ()):
            raw: Any = setting.type.raw(setting.type.text(setting.default))
            assert setting.type.parse(raw) == setting.default


def test_a_new_provider_has_its_settings_without_a_line() -> None:
    fake = fake_provider([], FakeSource(lambda _: None))
    table = table_of([*PROVIDERS, fake])
    names = ["enabled", "homes", "program", "source"]
    fakes = [setting.key for setting in table if setting.key.startswith("providers.fake.")]
    assert fakes == [f"providers.fake.{name}" for name in names]
    assert {*names, "account_pages"} == set(ProviderSettings.__struct_fields__)
    defaults = {setting.key: setting.default for setting in table}
    assert provider_settings(defaults)["fake"] == ProviderSettings()


def test_only_a_provider_with_account_pages_can_have_them_switched_off() -> None:
    fake = fake_provider([], FakeSource(lambda _: None))
    keys = {setting.key for setting in table_of([*PROVIDERS, fake])}
    assert {key for key in keys if key.endswith(".account_pages")} == {
        f"providers.{each.id}.account_pages" for each in PROVIDERS if each.make_page_sources is not None
    }
    assert not provider_settings({"providers.codex.account_pages": False})["codex"].account_pages


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (Setting("providers", Bool(), True, "."), "providers.codex.enabled is below another setting"),
        (Setting("providers.codex.enabled.a", Bool(), True, "."), "is below another setting"),
        (SETTINGS[0], "the same key"),
        (Setting("problem", Bool(), True, "."), "snapshot.json needs that name"),
        (Setting("a", Text(), "", ".", menu=Menu(text="A")), "toggles and choices only"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(
    monkeypatch: pytest.MonkeyPatch, wrong: Setting[Any], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        validate((*SETTINGS, wrong))
    monkeypatch.setattr(settings_table, "GENERAL", (wrong,))
    with pytest.raises(ValueError, match=complaint):
        table_of(PROVIDERS)


def test_an_unknown_key_names_similar_ones() -> None:
    assert find(SETTINGS, "providers.codex.homes").type != FilePath()
    with pytest.raises(UnknownSetting) as error:
        find(SETTINGS, "provider.codex.enable")
    assert str(error.value).startswith(
        "there is no setting 'provider.codex.enable'. Did you mean providers.codex.enabled, "
    )
    with pytest.raises(UnknownSetting) as error:
        find(SETTINGS, "colour")
    assert str(error.value) == ("there is no setting 'colour'. `tankful config list` shows all settings.")
