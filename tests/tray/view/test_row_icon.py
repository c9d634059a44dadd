"""The ring before a row: what can be seen of it at the 16 px that panels draw."""

from __future__ import annotations

from io import BytesIO
from typing import Literal

import pytest
from PIL import Image

from tray.view.level import Level
from tray.view.row_icon import Ring, RowIcon, SessionMark, png

KINDS: tuple[Literal["waiting", "working", "resting"], ...] = ("waiting", "working", "resting")


def pixels(ring: RowIcon, ground: int) -> list[tuple[int, int, int]]:
    """As a panel draws it on a menu of that grey."""
    with Image.open(BytesIO(png(ring))) as drawn:
        small = drawn.convert("RGBA").resize((16, 16), Image.Resampling.BILINEAR)
    picture = Image.new("RGBA", (16, 16), (ground, ground, ground, 255))
    picture.alpha_composite(small)
    data = picture.convert("RGB").tobytes()
    return [(data[at], data[at + 1], data[at + 2]) for at in range(0, len(data), 3)]


def coloured(found: list[tuple[int, int, int]]) -> int:
    return sum(max(pixel) - min(pixel) > 60 for pixel in found)


@pytest.mark.parametrize("ground", [255, 45])
def test_more_is_left_more_is_coloured(ground: int) -> None:
    counts = [coloured(pixels(Ring(share=share), ground)) for share in (0.02, 0.25, 0.5, 0.75, 1.0)]
    assert counts == sorted(counts)
    assert counts[0] > 0, "the last drop is seen"
    assert counts[-1] > 60


@pytest.mark.parametrize("ground", [255, 45])
def test_nothing_left_is_loud_and_unknown_is_quiet(ground: int) -> None:
    assert coloured(pixels(Ring(share=0, level="spent"), ground)) > 60
    assert coloured(pixels(Ring(share=None), ground)) == 0


@pytest.mark.parametrize("ground", [255, 45])
def test_the_track_stands_out_from_light_and_dark(ground: int) -> None:
    track = pixels(Ring(share=None), ground)
    assert sum(abs(pixel[0] - ground) > 30 for pixel in track) > 60


def test_a_problem_is_a_mark_in_the_middle() -> None:
    def middle(ring: Ring) -> tuple[int, int, int]:
        return pixels(ring, 255)[6 * 16 + 8]

    red, green, blue = middle(Ring(share=0.5, problem=True))
    assert red > green + 80 > 0 < blue
    assert middle(Ring(share=0.5)) == (255, 255, 255)


@pytest.mark.parametrize("level", ["plenty", "low", "scarce", "spent"])
def test_equal_rings_are_drawn_once(level: Level) -> None:
    ring = Ring(share=0.37, level=level)
    assert png(ring) is png(Ring(share=0.37, level=level))
    assert png(ring).startswith(b"\x89PNG")
    assert len(png(ring)) < 3000


@pytest.mark.parametrize("ground", [255, 45])
def test_what_waits_for_the_person_is_the_only_session_in_colour(ground: int) -> None:
    counts = {kind: coloured(pixels(SessionMark(kind), ground)) for kind in KINDS}
    assert counts["waiting"] > 60
    assert counts["working"] == counts["resting"] == 0


@pytest.mark.parametrize("ground", [255, 45])
def test_all_sessions_stand_out_from_light_and_dark(ground: int) -> None:
    seen = {
        kind: sum(abs(pixel[1] - ground) > 30 for pixel in pixels(SessionMark(kind), ground))
        for kind in KINDS
    }
    assert seen["waiting"] > seen["working"] > seen["resting"] >= 20
