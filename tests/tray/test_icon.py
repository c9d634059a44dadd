from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace
from PIL import Image, ImageChops

from providers.errors import Offline
from providers.models import AccountUsage, UsageSnapshot
from tests.tray.test_menu import BARE, NOW, PRO, SESSION, WEEKLY
from tray import icon
from tray.icon import Bar, Glance, glance, picture
from tray.state import State

SIZES = (16, 22, 24, 32, 48, 64)
KINDS = {
    "good": Glance((Bar(63), Bar(38))),
    "empty": Glance((Bar(0), Bar(38))),
    "old": Glance((Bar(63, stale=True), Bar(38, stale=True))),
    "unread": Glance((Bar(None), Bar(None))),
    "trouble": Glance((Bar(63, stale=True), Bar(38, stale=True)), "trouble"),
    "weekly alone": Glance((Bar(38),)),
}


def seen(*accounts: AccountUsage) -> Glance:
    return glance(State(snapshot=UsageSnapshot(generated_at=NOW, accounts=accounts)), NOW)


def test_session_stands_over_weekly() -> None:
    assert seen(PRO) == Glance((Bar(63.0), Bar(38.0)))
    assert seen(BARE, PRO) == Glance((Bar(63.0), Bar(38.0)))


def test_a_lane_that_is_not_there_has_no_bar() -> None:
    assert seen(replace(PRO, windows=(WEEKLY,))) == Glance((Bar(38.0),))


def test_nothing_known_is_hollow_not_empty() -> None:
    assert glance(State(), NOW) == seen(BARE) == Glance((Bar(None), Bar(None)))


def test_old_values_are_faint_and_a_window_that_refilled_is_not_known() -> None:
    old = replace(SESSION, fetched_at=NOW - timedelta(hours=1))
    past = replace(SESSION, window=replace(SESSION.window, resets_at=NOW))
    assert seen(replace(PRO, windows=(old,))) == Glance((Bar(63.0, stale=True),))
    assert seen(replace(PRO, windows=(past,))) == Glance((Bar(None, stale=True),))


def test_a_badge_stands_only_where_nothing_fresh_is_shown() -> None:
    error = Offline("Gone.").as_data()
    assert seen(replace(PRO, error=error)).badge == "none"
    old = replace(SESSION, fetched_at=NOW - timedelta(hours=1))
    assert seen(replace(PRO, windows=(old,), error=error)).badge == "trouble"
    assert seen(replace(BARE, error=error)).badge == "trouble"


@pytest.mark.parametrize("size", SIZES)
def test_every_kind_has_its_own_shape(size: int) -> None:
    """In the alpha channel alone, which is all that macOS keeps of a template."""
    shapes = {name: picture(kind, size).getchannel("A") for name, kind in KINDS.items()}
    names = list(shapes)
    for one in names:
        for other in names[names.index(one) + 1 :]:
            changed = ImageChops.difference(shapes[one], shapes[other]).point(
                lambda level: level > 40 and 255
            )
            assert sum(changed.histogram()[1:]) >= size / 3, f"{one} looks like {other}"


@pytest.mark.parametrize("size", SIZES)
def test_the_bar_is_as_long_as_what_is_left(size: int) -> None:
    def coloured(left: float) -> int:
        image = picture(Glance((Bar(left),)), size)
        row = [image.getpixel((x, size // 2)) for x in range(size)]
        return sum(1 for pixel in row if isinstance(pixel, tuple) and max(pixel[:3]) - min(pixel[:3]) > 60)

    lengths = [coloured(left) for left in (1, 20, 40, 60, 80, 100)]
    assert lengths == sorted(lengths)
    assert lengths[0] >= 1
    assert lengths[-1] >= size * 0.7


def luminance(colour: tuple[int, int, int]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", [icon._FULL, icon._LOW, icon._SCARCE, icon._EDGE])
def test_colours_can_be_told_from_light_and_dark_panels(colour: tuple[int, int, int]) -> None:
    level = luminance(colour)
    assert 1.05 / (level + 0.05) >= 3, "on white"
    assert (level + 0.05) / 0.05 >= 3, "on black"


def test_the_picture_is_square_with_alpha() -> None:
    for size in SIZES:
        image = picture(KINDS["trouble"], size)
        assert (image.size, image.mode) == ((size, size), "RGBA")
        assert isinstance(image, Image.Image)
