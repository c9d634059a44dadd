"""What a provider knows of its CLI's hooks: a module for each protocol. The standard library alone."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from types import ModuleType


def hook_protocol(provider: str, name: str) -> ModuleType | None:
    """`providers/<provider>/<name>.py`, None where there is none."""
    if not provider.isidentifier():
        return None
    module = f"providers.{provider}.{name}"
    try:
        __import__(module)  # importlib would take half a millisecond
    except ModuleNotFoundError:
        return None
    return sys.modules[module]
