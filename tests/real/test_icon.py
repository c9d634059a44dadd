"""The icon in the pixels of real panels, which take its largest picture and scale it down."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.real.session import Program, Session, until
from tests.real.test_panels import LOOKS, PANELS, ROOT


def warning_share(icon: Image.Image) -> float:
    """The share of saturated red and orange in its square."""
    data = icon.convert("HSV").tobytes()
    warning = sum(
        saturation >= 150 and value >= 120 and (hue <= 28 or hue >= 245)
        for hue, saturation, value in zip(data[0::3], data[1::3], data[2::3], strict=True)
    )
    return warning / (icon.width * icon.height)


def warns(icon: Image.Image) -> bool:
    return warning_share(icon) >= 0.15


def calm(icon: Image.Image) -> bool:
    return warning_share(icon) == 0


def calls(icon: Image.Image) -> bool:
    """Whether there is some saturated violet."""
    data = icon.convert("HSV").tobytes()
    violet = sum(
        saturation >= 120 and value >= 110 and 175 <= hue <= 205
        for hue, saturation, value in zip(data[0::3], data[1::3], data[2::3], strict=True)
    )
    return violet / (icon.width * icon.height) >= 0.02


def show(desk: Session, program: Program, what: str, is_so: Callable[[Image.Image], bool]) -> Image.Image:
    """The icon at rest, once it is so: the panel of a busy machine draws the one before for a while."""

    def drawn() -> Image.Image | None:
        (icon,) = desk.settled()
        return icon if is_so(icon) else None

    _tell(program, what)
    return until(drawn, f"the icon is not as expected of: {what}")


def _tell(program: Program, what: str) -> None:
    program.tell(what)
    assert program.line() == "shown"


def started(desk: Session, *what: str) -> Program:
    program = desk.start(sys.executable, "-m", "tests.real.shown_icon", *what, cwd=ROOT, listens=True)
    assert program.line() == "ready"
    return program


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PANELS)
def test_what_is_scarce_is_at_least_as_salient_as_plenty(
    name: str, look: str, tmp_path: Path, need: Callable[..., None]
) -> None:
    opener, programs = PANELS[name]
    need(*programs)
    with opener(tmp_path / "desk", **LOOKS[look]) as desk:
        program = started(desk, "plenty", "tightest", "left")
        (plenty,) = desk.settled()
        assert calm(plenty)
        for what in (
            "scarce tightest left",
            "low tightest used",
            "blocked tightest left",
            "scarce number left",
        ):
            show(desk, program, what, warns)
        show(desk, program, "plenty tightest left", calm)
    assert desk.left_behind() == []


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PANELS)
def test_a_session_that_waits_is_seen_in_every_style(
    name: str, look: str, tmp_path: Path, need: Callable[..., None]
) -> None:
    opener, programs = PANELS[name]
    need(*programs)
    with opener(tmp_path / "desk", **LOOKS[look]) as desk:
        program = started(desk, "plenty", "tightest", "left")
        assert not calls(desk.settled()[0])
        # At twice the pixels both halves of one icon are seen as two.
        for style in ("tightest", "number", *(("both",) if desk.scale == 1 else ())):
            show(desk, program, f"waiting {style} left", calls)
            show(desk, program, f"incident {style} left", lambda icon: not calls(icon))
        show(desk, program, "waiting, scarce tightest left", lambda icon: calls(icon) and warns(icon))
    assert desk.left_behind() == []


@pytest.mark.parametrize("name", PANELS)
def test_each_provider_has_an_icon_until_one_is_shown_for_all(
    name: str, tmp_path: Path, need: Callable[..., None]
) -> None:
    opener, programs = PANELS[name]
    need(*programs)
    with opener(tmp_path / "desk") as desk:
        program = started(desk, "scarce", "each", "left")
        quiet, loud = sorted(desk.settled(2), key=warning_share)
        assert calm(quiet)
        assert warns(loud)
        show(desk, program, "scarce tightest left", warns)
        _tell(program, "plenty each left")
        assert desk.open_menu(2)
    assert desk.left_behind() == []


@pytest.mark.parametrize("name", PANELS)
def test_an_icon_that_needs_attention_is_drawn_and_does_not_blink(
    name: str, tmp_path: Path, need: Callable[..., None]
) -> None:
    """Each of these panels has its own way to draw an attention icon: all must come to the same picture."""
    opener, programs = PANELS[name]
    need(*programs)
    with opener(tmp_path / "desk") as desk:
        program = started(desk, "plenty", "tightest", "left")
        (before,) = desk.settled()
        assert calm(before)
        loud = show(desk, program, "scarce tightest left", warns)
        pictures = [desk.settled()[0].tobytes() for _ in range(4)]
        assert set(pictures) == {loud.tobytes()}
        show(desk, program, "plenty tightest left", lambda icon: icon.tobytes() == before.tobytes())
    assert desk.left_behind() == []
