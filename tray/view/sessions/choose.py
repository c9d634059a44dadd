"""Which sessions of a look are meant. Pure."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from providers.domain.live import LiveSession, SessionsLook
from tray.view.sessions import words


def of_provider(look: SessionsLook, provider: str | None) -> SessionsLook:
    """The look at this one alone; None for all."""
    if provider is None:
        return look
    sessions = tuple(each for each in look.sessions if each.provider == provider)
    ids = {each.id for each in sessions}
    return replace(
        look,
        sessions=sessions,
        mcp_servers=tuple(
            each for each in look.mcp_servers if each.provider == provider or each.session in ids
        ),
        orphans=tuple(each for each in look.orphans if each.provider == provider),
    )


def filtered(look: SessionsLook, keep: Callable[[LiveSession], bool]) -> SessionsLook:
    """The look at those sessions alone, with what is theirs."""
    sessions = tuple(filter(keep, look.sessions))
    ids, projects = {each.id for each in sessions}, {each.project for each in sessions if each.project}
    return replace(
        look,
        sessions=sessions,
        mcp_servers=tuple(each for each in look.mcp_servers if each.session in ids),
        orphans=tuple(each for each in look.orphans if each.session in ids or each.project in projects),
    )


def named(look: SessionsLook, name: str) -> tuple[LiveSession, ...]:
    """Those that a person may mean: of this id; else those whose ids begin so; else of this project."""
    for is_meant in (
        lambda each: each.id == name,
        lambda each: each.id.casefold().startswith(name.casefold()),
        lambda each: words.project(each) == name,
        lambda each: words.project(each).casefold() == name.casefold(),
    ):
        if found := tuple(filter(is_meant, look.sessions)) if name else ():
            return found
    return ()
