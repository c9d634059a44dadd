"""JSON that can be bent: members may stand twice, and a value may be written as no encoder would.

An object is `Members`, a list of its names and values; a number is a `Written`, the text of it. So
`dump(parse(x))` keeps 1e3, 10.0 and all digits of a long number as they were.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

Slot = tuple[list[Any], int]
"""A value's place: the list that holds it, and its index there."""


class Members(list[Any]):
    """An object: [name, value] for each member, in order."""


class Written(str):
    """A value as it stands in the text, valid or not."""

    __slots__ = ()


_ODD = r"""
null true false 0 -1 1 100 0.5 -0.0 31.0 1e3 1e308 1e400 -1e400 NaN Infinity -Infinity 12345678901234567890
1795200000 1795200000000 "" "NaN" "inf" "null" "-" "31" "31.0" "3e1" "1e999" "0x1F" "1,5" "1_000" "٣١" "\ud800"
"\u0000" "\u202e" "a\tb" "\u00a031" "2026-11-20" "2026-11-20T14:08:00" "2026-11-20T14:08:00+02:00"
"9999-12-31T23:59:59-23:59" [] {} [[]] {"":0} [{"value":1}]
"""
ODD = tuple(map(Written, (*_ODD.split(), '" "', '" 31 "', "9" * 400, f'"{"x" * 300}"', "[" * 60 + "]" * 60)))
"""Values that stand where another kind is expected."""


def parse(text: str) -> Any:
    """Raises ValueError."""
    return json.loads(
        text,
        object_pairs_hook=lambda pairs: Members(map(list, pairs)),
        parse_int=Written,
        parse_float=Written,
        parse_constant=Written,
    )


def dump(value: Any) -> str:
    if isinstance(value, Written):
        return str(value)
    if isinstance(value, Members):
        return "{" + ",".join(f"{json.dumps(name)}:{dump(member)}" for name, member in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dump, value)) + "]"
    return json.dumps(value)


def slots(value: Any) -> Iterator[Slot]:
    """The places of all values within this one."""
    if isinstance(value, Members):
        for member in value:
            yield member, 1
            yield from slots(member[1])
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield value, place
            yield from slots(item)


def bend(text: str, random: Random) -> str:
    """The JSON with one to four changes to its structure, or the text itself where it is none."""
    try:
        root = [parse(text)]
    except (ValueError, RecursionError):
        return text
    for _ in range(random.choice((1, 1, 1, 2, 3, 4))):
        random.choice(_CHANGES)(list(slots(root)), random)
    return dump(root[0]) if root else ""


def _retype(places: list[Slot], random: Random) -> None:
    holder, place = random.choice(places)
    value = holder[place]
    if isinstance(value, Written) and random.random() < 0.6:
        holder[place] = Written(random.choice(_SPELLED.split("|")).replace("0", str(value), 1))
    elif isinstance(value, str) and random.random() < 0.5:
        holder[place] = _cut(value, random)
    else:
        holder[place] = random.choice(ODD)


_SPELLED = '"0"|" 0"|"0.0"|0.0|-0|0e0|01|0000|0.5|1000|"0 "|[0]|"0%"|"$0"'
"""How a number may be written; 0 stands for the one that is there."""


def _cut(text: str, random: Random) -> str:
    at = random.randint(0, len(text))
    return random.choice(
        (text[:at], text[at:], f"{text[:at]}\0{text[at:]}", text.upper(), f" {text} ", text * 2)
    )


def _drop(places: list[Slot], random: Random) -> None:
    holder, place = random.choice(places)
    above = next((each for each, at in places if isinstance(each, list) and each[at] is holder), None)
    if place == 1 and isinstance(above, Members):
        above.remove(holder)
    elif isinstance(holder[place], Members) and holder[place]:
        del holder[place][random.randrange(len(holder[place]))]
    else:
        holder[place] = Written("null")


def _duplicate(places: list[Slot], random: Random) -> None:
    holder, place = random.choice(places)
    value = holder[place]
    if isinstance(value, list) and value:
        again = random.choice(value)
        if isinstance(value, Members):
            again = [again[0], random.choice((again[1], *random.sample(ODD, 2)))]
        value.insert(random.randint(0, len(value)), again)


def _nest(places: list[Slot], random: Random) -> None:
    holder, place = random.choice(places)
    value = holder[place]
    if isinstance(value, list) and value and random.random() < 0.4:
        inner = random.choice(value)
        holder[place] = inner[1] if isinstance(value, Members) else inner
    else:
        holder[place] = random.choice(([value], Members([["value", value]])))


def _swap(places: list[Slot], random: Random) -> None:
    """Of leaves alone: a value cannot come to stand within itself."""
    leaves = [each for each in places if not isinstance(each[0][each[1]], list)]
    if len(leaves) > 1:
        (one, first), (other, second) = random.sample(leaves, 2)
        one[first], other[second] = other[second], one[first]


def _copy(places: list[Slot], random: Random) -> None:
    """A whole value over another, wherever."""
    source, first = random.choice(places)
    target, second = random.choice(places)
    target[second] = parse(dump(source[first])) if _is_plain(source[first]) else random.choice(ODD)


def _is_plain(value: Any) -> bool:
    try:
        parse(dump(value))
    except (ValueError, RecursionError):
        return False
    return True


def _rename(places: list[Slot], random: Random) -> None:
    members = [holder for holder, place in places if place == 1 and isinstance(holder[0], str)]
    if len(members) > 1:
        one, other = random.sample(members, 2)
        one[0] = random.choice((other[0], f"{one[0]}_", one[0].upper(), ""))


def _add(places: list[Slot], random: Random) -> None:
    """A member, or an item, that nobody knows."""
    holder, place = random.choice(places)
    value = holder[place]
    odd = random.choice(ODD)
    if isinstance(value, Members):
        value.insert(random.randint(0, len(value)), [random.choice(("unheard_of", "value", "percent")), odd])
    elif isinstance(value, list):
        value.insert(random.randint(0, len(value)), odd)


_CHANGES = (_retype, _retype, _retype, _drop, _drop, _duplicate, _nest, _swap, _copy, _rename, _add)
