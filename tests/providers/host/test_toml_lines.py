from __future__ import annotations

import time

import pytest

from providers.host.toml_lines import BadToml, Keys, TomlLines, read_toml

TEXT = """
top = 1
[a.b]
x.y = 1

[[c]]
[[c]]
z = 1
[c.d]
"""


class Counted(str):
    """A key that counts how often it is compared with another."""

    __slots__ = ()
    compared = 0

    def __eq__(self, other: object) -> bool:
        Counted.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("a",), 3),
        (("a", "b"), 3),
        (("a", "b", "x"), 4),
        (("a", "b", "x", "y"), 4),
        (("a", "b", "nowhere", "y"), 3),
        (("c",), 6),
        (("c", "0"), 6),
        (("c", "0", "z"), 6),
        (("c", "1"), 7),
        (("c", "1", "z"), 8),
        (("c", "1", "d"), 9),
        (("nowhere",), 1),
        (("nowhere", "x"), 1),
    ],
)
def test_the_line_of_a_key_or_of_what_is_around_it(path: Keys, line: int) -> None:
    assert TomlLines(TEXT).of(path) == line


@pytest.mark.parametrize("each", ["k{} = 1", "[k{}]", "[k{}.x]", "[[k{}]]"])
def test_one_look_up_does_not_go_through_the_whole_text(each: str) -> None:
    lines = TomlLines("\n".join(each.format(number) for number in range(2000)))
    Counted.compared = 0
    assert lines.of((Counted("k1999"),)) == 2000
    assert Counted.compared < 10


@pytest.mark.parametrize(
    "key", [".".join(["a"] * 60_000), " . ".join(['"a-b"'] * 30_000)], ids=["bare", "quoted"]
)
@pytest.mark.parametrize("text", ["{} = 1", "[{}]", "x = {{{} = 1}}"])
def test_a_key_of_very_many_parts_takes_no_minutes(text: str, key: str) -> None:
    began = time.process_time()
    with pytest.raises(BadToml, match="too many parts") as refused:
        read_toml("a = 1\n" + text.format(key))
    assert refused.value.line == 2
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "value", ["." * 5000, "a, b. " * 5000, "x" * 1_000_000, "a" + " " * 200_000, "1.2.3"]
)
def test_text_with_many_dots_is_no_key(value: str) -> None:
    began = time.process_time()
    assert read_toml(f'a = "{value}"') == {"a": value}
    assert time.process_time() - began < 2
