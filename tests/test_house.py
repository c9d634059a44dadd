"""Rules of the house that a linter does not know."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import grimp
import pytest

from providers.registry import PROVIDERS

ROOT = Path(__file__).parents[1]
BELOW_A_PROVIDER = ("ledger", "host", "source", "setting", "logs", "domain", "version")


@cache
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("tray", "providers")


def home_of(module: str) -> str:
    """`providers.codex` for all that lies in it."""
    return ".".join(module.split(".")[:2])


@pytest.mark.parametrize("provider", [provider.id for provider in PROVIDERS])
def test_a_provider_imports_no_other_one_and_nothing_above_it(provider: str) -> None:
    folder = f"providers.{provider}"
    own = [module for module in imports().modules if home_of(module) == folder]
    assert len(own) > 5
    below = {folder, *(f"providers.{name}" for name in BELOW_A_PROVIDER)}
    imported = {
        home_of(other) for module in own for other in imports().find_modules_directly_imported_by(module)
    }
    assert imported <= below


@pytest.mark.parametrize("provider", [provider.id for provider in PROVIDERS])
def test_only_the_registry_and_its_own_faces_know_a_provider(provider: str) -> None:
    folder = f"providers.{provider}"
    importers = {
        importer
        for module in imports().modules
        if home_of(module) == folder
        for importer in imports().find_modules_that_directly_import(module)
        if home_of(importer) != folder
    }
    assert {importer for importer in importers if not importer.startswith(f"tray.faces.{provider}_")} == {
        "providers.registry"
    }


def test_no_import_goes_in_a_circle() -> None:
    """Between files: also one that only a type checker follows."""
    graph = {module: imports().find_modules_directly_imported_by(module) for module in imports().modules}
    while free := [module for module, others in graph.items() if not others & graph.keys()]:
        for module in free:
            del graph[module]
    assert sorted(graph) == []


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
    assert "    pip install -q uv && uv run --group dev pytest\n" in readme
