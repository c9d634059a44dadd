"""The pictures: in colour, in monochrome, on any panel, and as panels scale them."""

from __future__ import annotations

from itertools import combinations

import pytest
from PIL import Image, ImageChops

from providers.registry import PROVIDERS
from providers.source import Provider
from tools.example_states import NOW
from tools.icon_states import ICON_STATES, STYLES, styled
from tray.view.icon import Bar, Gauge, Glance, draw, glances, picture

SIZES = (16, 22, 24, 32, 44, 48, 64)
PANELS = {"white": (255, 255, 255), "black": (0, 0, 0), "grey": (128, 128, 128), "blue": (29, 95, 168)}


def glance_of(name: str, style: str = "tightest", *, used: bool = False) -> Glance:
    return glances(styled(ICON_STATES[name](), style, used=used), NOW)[0].glance


def bar(left: float | None, **more: object) -> Glance:
    return Glance((Gauge((Bar(left, **more),)),))  # type: ignore[arg-type]


def on_panel(image: Image.Image, panel: str) -> list[tuple[int, int, int]]:
    ground = Image.new("RGBA", image.size, (*PANELS[panel], 255))
    ground.alpha_composite(image)
    data = ground.convert("RGB").tobytes()
    return [(data[i], data[i + 1], data[i + 2]) for i in range(0, len(data), 3)]


def is_warning(pixel: tuple[int, int, int]) -> bool:
    """Saturated, and red or orange."""
    return pixel[0] > 150 and pixel[0] - pixel[2] > 100 and pixel[0] - pixel[1] > 60


def as_a_panel_does(shown: Glance, side: int = 22) -> Image.Image:
    """Of the largest picture, scaled down."""
    return picture(shown, 44).resize((side, side), Image.Resampling.BILINEAR)


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize("style", ["tightest", "number"])
def test_what_is_scarce_is_loud_and_plenty_is_quiet(style: str, panel: str) -> None:
    def loud(name: str) -> float:
        pixels = on_panel(as_a_panel_does(glance_of(name, style)), panel)
        return sum(map(is_warning, pixels)) / len(pixels)

    for name in ("low", "scarce", "week scarce", "blocked"):
        assert loud(name) >= 0.15, name
    for name in ("plenty", "half", "stale", "never read"):
        assert loud(name) == 0, name


@pytest.mark.parametrize("panel", PANELS)
def test_beside_another_provider_it_is_as_loud_as_half_the_room_allows(panel: str) -> None:
    pixels = on_panel(as_a_panel_does(glance_of("scarce", "both")), panel)
    assert sum(map(is_warning, pixels)) / len(pixels) >= 0.05


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("style", STYLES[:3])
def test_every_state_has_its_own_shape(style: str, size: int) -> None:
    """In the alpha channel alone, which is all that macOS keeps of a template."""
    shapes = {name: picture(glance_of(name, style), size).getchannel("A") for name in ICON_STATES}
    for one, other in combinations(shapes, 2):
        changed = ImageChops.difference(shapes[one], shapes[other]).point(lambda level: level > 60 and 255)
        assert sum(changed.histogram()[1:]) >= size / 4, f"{one} looks like {other}"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("panel", PANELS)
def test_every_state_can_be_told_from_the_others_without_colour(panel: str, size: int) -> None:
    """By lightness alone, as somebody sees it who sees no red and no green."""

    def grey(name: str) -> list[float]:
        return [luminance(pixel) for pixel in on_panel(picture(glance_of(name), size), panel)]

    seen = {name: grey(name) for name in ICON_STATES}
    for one, other in combinations(seen, 2):
        pixels = zip(seen[one], seen[other], strict=True)
        differ = sum(max(a, b) + 0.05 >= 1.5 * (min(a, b) + 0.05) for a, b in pixels)
        assert differ >= size / 2, f"{one} looks like {other}"


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize("name", ICON_STATES)
def test_every_state_stands_out_from_every_panel(name: str, panel: str) -> None:
    pixels = on_panel(as_a_panel_does(glance_of(name)), panel)
    enough = 25 if panel == "grey" else 40  # on a middle grey by what is light alone
    assert sum(contrast(pixel, PANELS[panel]) >= 1.8 for pixel in pixels) >= enough


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("used", [False, True])
def test_the_bar_is_as_long_as_what_is_left_or_used(used: bool, size: int) -> None:
    def filled(left: float) -> int:
        image = picture(Glance((Gauge((Bar(left),)),), used), size)
        row = [image.getpixel((x, round(size * 0.66))) for x in range(size)]
        return sum(isinstance(pixel, tuple) and pixel[3] > 200 and pixel[1] > pixel[0] + 40 for pixel in row)

    lengths = [filled(left) for left in ((30, 50, 70, 100) if not used else (70, 50, 30, 0.0))]
    assert lengths == sorted(lengths) or used
    assert lengths[2] > lengths[0]


@pytest.mark.parametrize("size", [22, 24, 32, 44])
def test_the_stub_is_as_long_as_what_is_left_and_on_the_other_side_where_use_is_shown(size: int) -> None:
    def stub(left: float, *, used: bool) -> tuple[int, int]:
        """Its middle in percent of the width, and its length in pixels."""
        image = picture(Glance((Gauge((Bar(left, "low"),)),), used), size)
        row = [image.getpixel((x, round(size * 0.66))) for x in range(size)]
        light = [x for x, pixel in enumerate(row) if isinstance(pixel, tuple) and min(pixel) > 200]
        return round(100 * sum(light) / len(light) / size), len(light)

    (middle, little), (_, more) = stub(5, used=False), stub(25, used=False)
    assert 1 <= little < more
    assert middle < 20
    assert stub(5, used=True)[0] > 80


def test_the_time_that_is_left_is_a_line() -> None:
    without, with_line = picture(bar(50), 44), picture(bar(50, time_left=0.75), 44)
    box = ImageChops.difference(without, with_line).getbbox()
    assert box is not None
    assert (box[2] - box[0], round(box[0] / 44, 1)) == (2, 0.7)


def luminance(colour: tuple[int, ...]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("level", ["plenty", "scarce"])
def test_colours_stand_out_from_light_and_dark_panels(level: str) -> None:
    for ground in ("white", "black"):
        assert contrast(draw.COLOURS[level], PANELS[ground]) >= 3  # type: ignore[index]


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.id)
def test_marks_stand_out_from_light_and_dark_panels(provider: Provider) -> None:
    for ground in ((255, 255, 255), (53, 53, 53)):
        assert contrast(provider.mark.colour, ground) >= 3


@pytest.mark.parametrize("panel", PANELS)
def test_light_or_dark_stands_out_on_every_panel(panel: str) -> None:
    assert max(contrast(rim, PANELS[panel]) for rim in (draw.DARK, draw.LIGHT)) >= 3.5


def test_an_equal_glance_is_not_drawn_again() -> None:
    assert picture(bar(63), 22) is picture(bar(63), 22)
    assert picture(bar(63), 24) is not picture(bar(63), 22)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("style", STYLES)
def test_the_picture_is_square_with_alpha_and_uses_its_room(style: str, size: int) -> None:
    for name in ICON_STATES:
        image = picture(glance_of(name, style), size)
        assert (image.size, image.mode) == ((size, size), "RGBA")
        left, top, right, bottom = image.getbbox() or (0, 0, 0, 0)
        assert right - left >= 0.95 * size
        assert bottom - top >= 0.85 * size
