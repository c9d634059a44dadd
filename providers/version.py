"""Which tankful this is, as it introduces itself to servers."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("tankful")
except PackageNotFoundError:  # run from a copied folder
    VERSION = "0"

USER_AGENT = f"tankful/{VERSION}"
