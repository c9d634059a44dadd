from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace
from PIL import Image, ImageChops

from providers.domain.errors import Offline
from providers.domain.limits import AccountUsage, UsageSnapshot
from tests.tray.view.test_menu import BARE, NOW, PRO, SESSION, WEEKLY
from tray.engine.state import State
from tray.view import icon
from tray.view.icon import Bar, Glance, glance, picture

SIZES = (16, 22, 24, 32, 48, 64)
KINDS = {
    "good": Glance((Bar(63), Bar(38))),
    "empty": Glance((Bar(0), Bar(38))),
    "old": Glance((Bar(63, stale=True), Bar(38, stale=True))),
    "unread": Glance((Bar(None), Bar(None))),
    "problem": Glance((Bar(63, stale=True), Bar(38, stale=True)), "problem"),
    "weekly alone": Glance((Bar(38),)),
    "two providers": Glance((Bar(63), Bar(38)), beside=(Bar(63), Bar(38))),
    "the second is empty": Glance((Bar(63), Bar(38)), beside=(Bar(0), Bar(38))),
    "the second is unread": Glance((Bar(63), Bar(38)), beside=(Bar(None), Bar(38))),
}
CLAUDE = replace(PRO, provider="claude", title="Claude", windows=(SESSION, WEEKLY))


def seen(*accounts: AccountUsage) -> Glance:
    return glance(State(snapshot=UsageSnapshot(generated_at=NOW, accounts=accounts)), NOW)


def test_session_is_drawn_above_weekly() -> None:
    assert seen(PRO) == Glance((Bar(63.0), Bar(38.0)))
    assert seen(BARE, PRO) == Glance((Bar(63.0), Bar(38.0)))


def test_a_second_provider_is_drawn_beside_the_first() -> None:
    spent = replace(SESSION, value=replace(SESSION.value, used_percent=100.0))
    claude = replace(CLAUDE, windows=(spent, WEEKLY))
    assert seen(PRO, claude) == Glance((Bar(63.0), Bar(38.0)), beside=(Bar(0.0), Bar(38.0)))
    assert seen(PRO, PRO, claude) == seen(PRO, claude)
    assert seen(PRO, replace(CLAUDE, windows=())) == seen(PRO)
    assert seen(BARE, claude) == Glance((Bar(0.0), Bar(38.0)))


def test_the_badge_is_also_for_the_second_provider() -> None:
    old = replace(SESSION, fetched_at=NOW - timedelta(hours=1))
    error = Offline("No connection.").as_data()
    assert seen(PRO, replace(CLAUDE, error=error)).badge == "none"
    assert seen(PRO, replace(CLAUDE, windows=(old,), error=error)).badge == "problem"


@pytest.mark.parametrize("size", SIZES)
def test_the_two_halves_are_equal(size: int) -> None:
    image = picture(Glance((Bar(63), Bar(38)), beside=(Bar(63), Bar(38))), size)
    width = next(x for x in range(size) if image.getpixel((x, size // 4)) == (0, 0, 0, 0))
    left, right = image.crop((0, 0, width, size)), image.crop((size - width, 0, size, size))
    assert left.tobytes() == right.tobytes()
    assert width >= size * 0.4


def test_a_lane_that_is_not_there_has_no_bar() -> None:
    assert seen(replace(PRO, windows=(WEEKLY,))) == Glance((Bar(38.0),))


def test_nothing_known_is_hollow_not_empty() -> None:
    assert glance(State(), NOW) == seen(BARE) == Glance((Bar(None), Bar(None)))


def test_old_values_are_faint_and_a_window_that_refilled_is_not_known() -> None:
    old = replace(SESSION, fetched_at=NOW - timedelta(hours=1))
    past = replace(SESSION, value=replace(SESSION.value, resets_at=NOW))
    assert seen(replace(PRO, windows=(old,))) == Glance((Bar(63.0, stale=True),))
    assert seen(replace(PRO, windows=(past,))) == Glance((Bar(None, stale=True),))


def test_a_badge_is_drawn_only_where_nothing_current_is_shown() -> None:
    error = Offline("No connection.").as_data()
    assert seen(replace(PRO, error=error)).badge == "none"
    old = replace(SESSION, fetched_at=NOW - timedelta(hours=1))
    assert seen(replace(PRO, windows=(old,), error=error)).badge == "problem"
    assert seen(replace(BARE, error=error)).badge == "problem"


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


def test_the_last_drop_is_two_pixels_where_there_is_room() -> None:
    for size in (size for size in SIZES if size >= 22):
        image = picture(Glance((Bar(0.2),)), size).convert("RGB")
        row = [image.getpixel((x, size // 2)) for x in range(size)]
        assert row.count(icon._SCARCE) >= 2, size


def luminance(colour: tuple[int, ...]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


PANELS = {"white": (255, 255, 255), "black": (0, 0, 0), "grey": (128, 128, 128)}


@pytest.mark.parametrize("colour", [icon._FULL, icon._LOW, icon._SCARCE])
def test_colours_stand_out_from_light_and_dark_panels_and_from_their_rim(
    colour: tuple[int, int, int],
) -> None:
    for ground in (PANELS["white"], PANELS["black"], icon._LIGHT):
        assert contrast(colour, ground) >= 3


@pytest.mark.parametrize("panel", PANELS)
def test_one_of_the_two_rims_stands_out_on_every_panel(panel: str) -> None:
    assert max(contrast(rim, PANELS[panel]) for rim in (icon._DARK, icon._LIGHT)) >= 3.5


@pytest.mark.parametrize("size", [22, 24, 32])
@pytest.mark.parametrize("panel", PANELS)
def test_hollow_empty_and_full_can_be_distinguished_on_every_panel(panel: str, size: int) -> None:
    def on_panel(left: float | None) -> list[tuple[int, ...]]:
        image = picture(Glance((Bar(left), Bar(left))), size)
        ground = Image.new("RGBA", image.size, (*PANELS[panel], 255))
        ground.alpha_composite(image)
        data = ground.convert("RGB").tobytes()
        return [tuple(data[i : i + 3]) for i in range(0, len(data), 3)]

    def differ(one: list[tuple[int, ...]], other: list[tuple[int, ...]]) -> int:
        """Pixels whose brightness or hue is another."""
        return sum(
            contrast(a, b) >= 1.5 or max(abs(x - y) for x, y in zip(a, b, strict=True)) >= 60
            for a, b in zip(one, other, strict=True)
        )

    hollow, empty, full = on_panel(None), on_panel(0), on_panel(100)
    outlined = sum(contrast(pixel, PANELS[panel]) >= 3 for pixel in hollow)
    assert outlined >= 4 * size, "the rim of a hollow bar"
    for one, other in ((hollow, empty), (hollow, full), (empty, full)):
        assert differ(one, other) >= size


def test_an_equal_glance_is_not_drawn_again() -> None:
    assert picture(Glance((Bar(63), Bar(38))), 22) is picture(Glance((Bar(63), Bar(38))), 22)
    assert picture(Glance((Bar(63), Bar(38))), 24) is not picture(Glance((Bar(63), Bar(38))), 22)


def test_the_picture_is_square_with_alpha() -> None:
    for size in SIZES:
        image = picture(KINDS["problem"], size)
        assert (image.size, image.mode) == ((size, size), "RGBA")
        assert isinstance(image, Image.Image)


@pytest.mark.parametrize(("minutes", "stale"), [(2, True), (30, False)])
def test_a_value_is_old_by_the_interval_it_is_refreshed_in(minutes: float, stale: bool) -> None:
    half_an_hour_old = replace(SESSION, fetched_at=NOW - timedelta(minutes=29))
    account = replace(PRO, windows=(half_an_hour_old,), refresh_every=timedelta(minutes=minutes))
    assert seen(account).bars == (Bar(63.0, stale=stale),)
