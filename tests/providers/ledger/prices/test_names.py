"""Which names have a price: those that somebody has written down, in the forms in which they are known."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.ledger.prices.load import load_rates
from providers.ledger.prices.names import is_one_of

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
KNOWN = {
    "claude-opus-4-5": "claude-opus-4-5",
    "claude-opus-4-5-20251101": "claude-opus-4-5",
    "claude-opus-4-5-2025-11-01": "claude-opus-4-5",
    "claude-opus-4-5-latest": "claude-opus-4-5",
    "claude-opus-4-5@20251101": "claude-opus-4-5",
    "claude-opus-4-5@default": "claude-opus-4-5",
    "claude-opus-4-5-20251101[1m]": "claude-opus-4-5",
    "Claude-Opus-4.5": "claude-opus-4-5",
    "anthropic/claude-opus-4.5": "claude-opus-4-5",
    "openrouter/anthropic/claude-opus-4.5": "claude-opus-4-5",
    "us.anthropic.claude-opus-4-5-20251101-v1:0": "claude-opus-4-5",
    "apac.anthropic.claude-opus-4-5-20251101-v1:0": "claude-opus-4-5",
    "anthropic.claude-opus-4-5": "claude-opus-4-5",
    "bedrock/us-east-1/anthropic.claude-opus-4-5-20251101-v1:0": "claude-opus-4-5",
    "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-opus-4-5-20251101-v1:0": "claude-opus-4-5",
    "projects/p/locations/l/publishers/anthropic/models/claude-opus-4-5@20251101": "claude-opus-4-5",
    "claude-opus-4-20250514": "claude-opus-4-0",
    "claude-sonnet-4-20250514": "claude-sonnet-4-0",
    "claude-sonnet-4@20250514": "claude-sonnet-4-0",
    "claude-3-5-haiku-20241022": "claude-3-5-haiku-latest",
    "claude-3-opus-latest": "claude-3-opus-latest",
    "claude-haiku-5-5@20261001": "claude-haiku-5-5",
    "gpt-5.5": "gpt-5.5",
    "gpt-5.5-2026-04-23": "gpt-5.5",
    "gpt-5.5-2026-12-01": "gpt-5.5",
    "gpt-5-nano-2025-08-07": "gpt-5-nano",
    "azure/gpt-5.6-sol": "gpt-5.6-sol",
    "gpt-6-sol-2026-09-22": "gpt-6-sol",
    "gpt-6.2-sol-2026-11-17": "gpt-6.2-sol",
    "codex-auto-review": "gpt-5.6-luna",
}
UNKNOWN = [
    "claude-opus-4-5-turbo",
    "claude-opus-4-5-turbo-20251101",
    "claude-opus-4-50",
    "claude-opus-4-5-2025",
    "claude-opus-4-5-20259999",
    "claude-opus-4-6-turbo",
    "claude-opus-4-7-mini",
    "claude-opus-4-9",
    "claude-opus-6",
    "us.anthropic.claude-opus-4-5-turbo-v1:0",
    "anthropic/claude-opus-4-5-turbo",
    "claude-sonnet-4-5-fast",
    "claude-3-opus-mini",
    "claude",
    "my-claude-opus-4-5",
    "gpt-5-nano-foo",
    "gpt-5.5-turbo",
    "gpt-6.2-sol-mini",
    "gpt-6.2-luna",
    "gpt-9-foo",
    "gpt-reserve",
    "codex-auto-review-2",
]


@pytest.mark.parametrize(("name", "model"), KNOWN.items())
def test_a_known_name_is_priced_in_every_form(name: str, model: str) -> None:
    used = load_rates().used(name, NOW)
    assert used is not None
    assert used.model == model


@pytest.mark.parametrize("name", UNKNOWN)
@pytest.mark.parametrize("tier", [None, "fast", "us"])
def test_an_unknown_name_is_not_priced_by_its_beginning(name: str, tier: str | None) -> None:
    assert load_rates().used(name, NOW, tier=tier) is None


@given(st.sampled_from([model for model in load_rates().listed if "*" not in model]), st.text(max_size=40))
def test_any_word_more_makes_a_name_unknown(model: str, word: str) -> None:
    word = "".join(letter for letter in word.lower() if letter.isascii() and letter.isalpha())
    if word in ("", "latest"):
        return
    longer = f"{model}-x{word}"
    assert load_rates().used(longer, NOW) is None


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("gpt-5.5", True),
        ("GPT-5.5", True),
        ("claude-opus-4-5-20251101", True),
        ("gpt-5.5-2026-04-01", True),
        ("acme/gpt-5.5", False),
        ("acme.anthropic.claude-opus-4-5", False),
        ("ft:gpt-4o:acme::a1b2", False),
        ("claude-opus-4-5[acme]", False),
        ("acme-large", False),
    ],
)
def test_which_names_tell_nothing_of_who_uses_them(name: str, told: bool) -> None:
    assert is_one_of(name, load_rates().published) == told


def test_a_name_of_ones_own_is_not_published(tmp_path: Path) -> None:
    own = tmp_path / "prices.toml"
    own.write_text('[[price]]\nmodel = "acme-large"\ninput = 1\noutput = 2\n')
    rates = load_rates(own)
    assert "acme-large" in rates.models
    assert "acme-large" not in rates.published
