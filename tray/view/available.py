"""Which actions work on this desktop, so that no row does nothing."""

from __future__ import annotations

from msgspec import Struct


class Available(Struct, frozen=True):
    """`copy`: there is a clipboard; `open`: pages, folders and files can be opened; `page`: so can our own;
    `front`: a session's terminal can be brought to the front.
    """

    copy: bool = True
    open: bool = True
    page: bool = True
    front: bool = True
