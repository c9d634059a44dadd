from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from tests.programs import printed_by
from tray.view.pillow import as_png


@pytest.mark.parametrize("size", [(1, 1), (32, 32), (5, 3)])
def test_a_png_is_read_as_it_was_drawn(size: tuple[int, int]) -> None:
    picture = Image.new("RGBA", size, (1, 2, 3, 4))
    picture.putpixel((size[0] - 1, 0), (250, 128, 7, 255))
    with Image.open(BytesIO(as_png(picture))) as read:
        assert (read.format, read.mode, read.size) == ("PNG", "RGBA", size)
        assert read.tobytes() == picture.tobytes()


def test_pictures_are_drawn_without_fonts_and_formats() -> None:
    """A process that runs all day keeps 2.4 MB less."""
    program = (
        "import sys\n"
        "from tray.view.icon.canvas import Canvas\n"
        "from tray.view.row_icon import Ring, png\n"
        "assert png(Ring(share=0.5, problem=True)).startswith(b'\\x89PNG')\n"
        "Canvas(22).picture()\n"
        "loaded = [name for name in sys.modules if name.startswith('PIL.')]\n"
        "print([name for name in loaded if 'imagingft' in name or 'ImagePlugin' in name])\n"
    )
    assert printed_by(program) == "[]\n"


def test_who_has_fonts_keeps_them() -> None:
    program = (
        "from PIL import ImageFont\n"
        "from tray.view.pillow import load_pillow\n"
        "load_pillow()\n"
        "print(ImageFont.core.__name__)\n"
    )
    assert printed_by(program) == "PIL._imagingft\n"
