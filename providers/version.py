"""Which tankful this is, as it introduces itself to servers."""


def version() -> str:
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("tankful")
    except PackageNotFoundError:  # run from a copied folder
        return "0"


def user_agent() -> str:
    return f"tankful/{version()}"
