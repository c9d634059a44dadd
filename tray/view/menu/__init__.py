"""State → the rows of the menu. Pure: the same on every desktop, and as text where there is none.

A row's key belongs to what it shows, not to its place, so an open menu changes in place.

    top        the menu itself: which rows stand at its top level
    account    an account: its row, its windows, and the submenu with all the rest
    windows    a window as a bar; what pace says of it
    cost       what its tokens would cost
    problems   what is wrong, first
    sessions   live sessions, and what each waits for
    session    the submenu of one
    actions    what can be done
    text       the same values as lines of text
    summary    a few lines, to be copied or shown as a notice
"""

from tray.view.menu.summary import summary
from tray.view.menu.text import status_rows
from tray.view.menu.top import rows

__all__ = ["rows", "status_rows", "summary"]
