"""All providers. A new one is a folder of its own and a line here."""

from providers.claude.descriptor import CLAUDE
from providers.codex.descriptor import CODEX
from providers.source import Provider

PROVIDERS: tuple[Provider, ...] = (CODEX, CLAUDE)
