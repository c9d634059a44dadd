from __future__ import annotations

from importlib import metadata

from providers.version import VERSION, user_agent, version


def test_the_package_is_built_with_this_version() -> None:
    assert metadata.version("tankful") == VERSION == version()
    assert user_agent() == f"tankful/{VERSION}"
