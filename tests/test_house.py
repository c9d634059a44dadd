"""Rules of the house that a linter does not know."""

from __future__ import annotations

import re
from pathlib import Path

from providers.registry import PROVIDERS

ROOT = Path(__file__).parents[1]


def test_shared_code_never_asks_which_provider_it_has() -> None:
    own = {ROOT / "providers" / provider.id for provider in PROVIDERS}
    named = re.compile("|".join(rf"""["']{provider.id}["']""" for provider in PROVIDERS))
    shared = [
        path
        for folder in ("providers", "tray")
        for path in (ROOT / folder).rglob("*.py")
        if not own & set(path.parents)
    ]
    assert len(shared) > 20
    assert [str(path) for path in shared if named.search(path.read_text())] == []


def test_files_stay_small() -> None:
    """One that grows past this hides a second idea."""
    long = {
        str(path): lines
        for folder in ("providers", "tray")
        for path in (ROOT / folder).rglob("*.py")
        if (lines := len(path.read_text().splitlines())) > 330
    }
    assert long == {}


def test_the_readme_names_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "    pip install -q uv && uv run tankful\n" in readme
    assert "    pip install -q uv && uv run pytest\n" in readme
