"""`tankful mcp`: a server for coding agents, on stdin and stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


EXAMPLES = (
    ("codex mcp add tankful -- tankful mcp", "give the tools to Codex"),
    ("claude mcp add --scope user tankful -- tankful mcp", "give them to Claude Code"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none."""
    parser.description = (
        "A server of the Model Context Protocol on stdin and stdout, with the tools `limits` and `cost`, both of "
        "which only read. A coding agent starts it."
    )


def run(_options: argparse.Namespace) -> int:
    from tray.faces.mcp.server import serve

    return serve()
