"""Which tankful this is. The build reads the number from here; package metadata would take 25 ms to look up."""

VERSION = "0.1.0"


def version() -> str:
    return VERSION


def user_agent() -> str:
    """How tankful introduces itself to servers."""
    return f"tankful/{VERSION}"
