"""All providers. A new one is a folder of its own and a line here."""

from msgspec.structs import replace

from providers.claude.descriptor import CLAUDE
from providers.codex.descriptor import CODEX
from providers.source import Provider


def apart(*providers: Provider) -> tuple[Provider, ...]:
    """The providers, each with the environment variables of all others as `foreign_variables`."""
    return tuple(
        replace(
            each,
            foreign_variables=tuple(
                name for other in providers if other.id != each.id for name in other.variables
            ),
        )
        for each in providers
    )


PROVIDERS: tuple[Provider, ...] = apart(CODEX, CLAUDE)
