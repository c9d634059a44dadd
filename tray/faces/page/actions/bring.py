"""Brings the terminal of a live session to the front."""

from __future__ import annotations

from collections.abc import Mapping

from providers.domain.short_hash import short_hash
from tray.faces.page.actions.desk import PageDesk
from tray.faces.page.forms import FormRefused

NAME = "session-front"
_CANNOT = "This page cannot bring terminals to the front. Copy the command that resumes the session instead."
_ENDED = "There is no such session any more."
_UNCERTAIN = "It is not certain which process runs this session, so nothing is brought to the front."


def act(desk: PageDesk, form: Mapping[str, str]) -> str:
    """Of the session of which the field `session` has the key, as a hash. What the page showed may be of a while
    ago: only a look of now says whose a process is.
    """
    if desk.look is None or desk.bring_to_front is None:
        raise FormRefused(_CANNOT)
    key = form.get("session", "")
    session = next((each for each in desk.look().sessions if short_hash(each.key) == key), None)
    if session is None:
        raise FormRefused(_ENDED)
    if not session.may_have_terminal:
        raise FormRefused(_UNCERTAIN)
    return desk.bring_to_front(session)
