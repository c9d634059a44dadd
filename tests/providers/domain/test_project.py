from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.domain import project

SPELLINGS = [
    "C:\\Users\\Dev\\proj",
    "c:\\Users\\dev\\proj",
    "C:/Users/Dev/proj",
    "c:/users/dev/proj/",
    "C:\\USERS\\DEV\\PROJ\\",
    "\\\\?\\C:\\Users\\Dev\\proj",
    "//?/c:/Users/Dev/proj",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_all_spellings_of_a_windows_folder_are_one(spelling: str) -> None:
    assert project.key(spelling) == project.key(SPELLINGS[0])


def test_the_case_of_a_share_does_not_matter() -> None:
    assert project.key("\\\\Server\\Share") == project.key("//?/UNC/server/share")


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("c:\\Users\\Dev", "C:\\Users\\Dev"),
        ("c:/Users/Dev/", "C:\\Users\\Dev"),
        ("\\\\?\\c:\\Users", "C:\\Users"),
        ("C:\\", "C:\\"),
        ("c:/", "C:\\"),
        ("c:", "C:\\"),
        ("\\\\server\\share/proj\\", "\\\\server\\share\\proj"),
        ("\\\\?\\UNC\\server\\share\\proj", "\\\\server\\share\\proj"),
        ("/home/Dev/proj", "/home/Dev/proj"),
        ("/home/dev/a\\b", "/home/dev/a\\b"),
        ("//server/share", "//server/share"),
        ("c:proj", "c:proj"),
        ("relative/proj", "relative/proj"),
        ("", ""),
    ],
)
def test_the_case_of_a_folder_is_kept(folder: str, name: str) -> None:
    assert project.canonical(folder) == name
    assert project.canonical(name) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/home/dev/proj", "/home/Dev/proj"),
        ("/home/a\\b", "/home/a/b"),
        ("C:\\proj", "D:\\proj"),
        ("C:\\proj", "/mnt/c/proj"),
        ("\\\\server\\share", "C:\\server\\share"),
    ],
)
def test_other_folders_stay_apart(one: str, other: str) -> None:
    assert project.key(one) != project.key(other)


def test_one_name_stands_for_all_spellings() -> None:
    found = project.names([*SPELLINGS, "/home/dev/proj"])
    assert {found[each] for each in SPELLINGS} == {"C:\\Users\\Dev\\proj"}
    assert found["/home/dev/proj"] == "/home/dev/proj"
    assert project.names(["c:/work"]) == {"c:/work": "C:\\work"}


@pytest.mark.parametrize("name", ["Work", "wOrk", "worK", "Über", "Proj-1"])
def test_the_name_in_mixed_case_is_preferred(name: str) -> None:
    chosen = f"C:\\{name}"
    spellings = {f"C:\\{name.lower()}", f"c:/{name.upper()}", chosen}
    assert project.names(spellings) == dict.fromkeys(spellings, chosen)


@given(st.permutations(SPELLINGS))
def test_the_order_of_spellings_does_not_matter(order: list[str]) -> None:
    assert project.names(order) == project.names(SPELLINGS)


@given(st.text(alphabet="cC:\\/?.UNCa ", max_size=20))
def test_a_canonical_name_is_its_own(folder: str) -> None:
    name = project.canonical(folder)
    assert project.canonical(name) == name
    assert project.key(name) == project.key(folder)
    assert set(project.names([folder]).values()) == {name}
