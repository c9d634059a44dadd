"""State → the pictures of the icon. Pure.

    glance   what of a state the icon shows: equal glances are drawn once
    draw     a glance → its picture (canvas: a grid of 22 units, signs: small signs and digits)

Above are the provider's mark and, at the right, a sign where something is wrong; below two wide bars, that of
the session over that of the week, filled with what is left. A line across a bar is the time that is left of its
window: a filling that ends before it is being used too fast. A bar with plenty left is quiet. One with little
left is turned inside out: what is left is a light stub, and all the rest has the colour of warning. So it is as
loud as it is scarce, and stays so when a panel scales the picture down.

Shapes speak where colour is lost (macOS templates, colour blindness): a stub apart from its bar and an
exclamation mark are little left, a stroke through a bar is nothing left, a cross is blocked, slanted stripes
and a clock are old values, an outline alone is never read, with a question mark it cannot be read, a bolt is an
incident at the provider, and a speech bubble is a session that waits for the person. Light and dark always meet
in a rim, so that one of both stands out on any panel.
"""

from tray.view.icon.draw import picture
from tray.view.icon.glance import Bar, Gauge, Glance, NamedGlance, combined, glances

__all__ = ["Bar", "Gauge", "Glance", "NamedGlance", "combined", "glances", "picture"]
