"""Whose limits: a CLI uses up those of the account that is signed in to its home."""

from __future__ import annotations

import os

from providers.host.shown_path import home_relative
from tray.faces.hook_protocol import hook_protocol

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType


def protocol_of(ident: str) -> ModuleType | None:
    """`providers/<ident>/hook.py`, None where there is none."""
    return hook_protocol(ident, "hook")


def chosen_homes(provider: str) -> tuple[str, ...] | None:
    """Those that the environment names, None for none: who sets the variable means the account of that home."""
    protocol = protocol_of(provider)
    listed = os.environ.get(protocol.HOME_VARIABLE, "") if protocol else ""
    return tuple(name for each in listed.split(",") if each.strip() for name in named(each.strip())) or None


def named(folder: str) -> tuple[str, ...]:
    """As the snapshot may name it: by this path, or by the one behind its links."""
    return label(folder), label(os.path.realpath(os.path.expanduser(folder)))


def label(folder: str) -> str:
    """As the snapshot names homes."""
    return home_relative(os.path.abspath(os.path.expanduser(folder)))


def home_of(protocol: ModuleType, environ: Mapping[str, str]) -> str:
    """The home of the CLI that started us, as the snapshot names it: it hands its environment down."""
    return label(environ.get(protocol.HOME_VARIABLE) or protocol.USUAL_HOME)
