"""Project rules that no linter checks."""

from __future__ import annotations

import ast
import os
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import grimp
import pytest

from providers.registry import PROVIDERS

ROOT = Path(__file__).parents[1]
BELOW_A_PROVIDER = ("ledger", "host", "source", "setting", "logs", "sessions", "domain", "version")

DIALECT = re.compile(r"(?<![a-z0-9])(?:told|trouble|stumbl[a-z]*|heed[a-z]*|manners|mend[a-z]*)(?![a-z0-9])")
"""Words that only this project once used for an error, a message or a repair."""


@cache
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("tray", "providers")


def home_of(module: str) -> str:
    """`providers.codex` for every module in it."""
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


def sources() -> list[Path]:
    return [path for folder in ("providers", "tray") for path in sorted((ROOT / folder).rglob("*.py"))]


def test_a_class_name_has_one_meaning() -> None:
    """Names with an underscore belong to their file. The providers may share one, once in each: the same role."""
    places: dict[str, list[str]] = defaultdict(list)
    for path in sources():
        package = path.relative_to(ROOT).parts[:2]
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append("/".join(package))
    assert len(places) > 100
    of_each_provider = sorted(f"providers/{provider.id}" for provider in PROVIDERS)
    ambiguous = {
        name: found for name, found in places.items() if len(found) > 1 and sorted(found) != of_each_provider
    }
    assert ambiguous == {}


def test_plain_english() -> None:
    """Also within identifiers, at underscores and capitals."""
    found: Counter[str] = Counter()
    for path in sources():
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", path.read_text()).lower()
        if count := len(DIALECT.findall(words)):
            found[str(path)] = count
    assert not found


def test_the_readme_names_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "    pip install -q uv && uv run tankful\n" in readme
    assert "    pip install -q uv && uv run --group dev pytest\n" in readme


def test_links_between_pages_lead_somewhere() -> None:
    pages = [Path("README.md"), Path("CONTRIBUTING.md"), *Path("docs").glob("*.md")]
    for page in (ROOT / each for each in pages):
        for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", page.read_text()):
            path = page.parent / target if target else page
            assert os.path.exists(path), f"{page.name}: {target}"
            heads = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE) if anchor else []
            anchors = [re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads]
            assert not anchor or anchor in anchors, f"{page.name}: {target}#{anchor}"


def test_what_the_readme_has_to_paste_is_as_on_the_pages() -> None:
    readme = (ROOT / "README.md").read_text()
    for heading, page in (("Status bars and prompts", "bars"), ("Guards for scripts and agents", "guard")):
        section = readme.split(f"\n## {heading}\n")[1].split("\n## ")[0]
        blocks = [each for each in section.split("\n\n") if each.startswith("    ")]
        assert blocks
        assert blocks[0] in (ROOT / f"docs/{page}.md").read_text()


def test_a_look_whether_a_file_is_there_never_raises() -> None:
    """`Path.exists` and its like raise for a folder that may not be entered, and for a name that is too long."""
    look = re.compile(r"(?<!entry)\.(exists|is_file|is_dir)\(\)")
    found = [f"{path}: {each[0]}" for path in sources() for each in look.finditer(path.read_text())]
    assert found == [], "use os.path.exists, isfile, isdir"


def test_decoders_of_structs_are_made_in_one_place() -> None:
    """Two threads that make them at once crash the interpreter (msgspec 0.22.0): see `typed`."""
    made = re.compile(r"\bDecoder\(|\bmsgspec\.convert\(|\bdecode\([^#]*?\btype=", re.DOTALL)
    found = {
        str(path): ast.unparse(node)
        for path in sources()
        if path != ROOT / "providers/domain/typed.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and made.match(ast.unparse(node).removeprefix("msgspec.json.").removeprefix("msgspec.msgpack."))
    }
    assert found == {}
