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
        "Serve the read-only tools `limits` and `cost` to a coding agent, by the Model Context Protocol on stdin "
        "and stdout. The agent starts this itself, once it is set up as below."
    )


def run(_options: argparse.Namespace) -> int:
    from tray.faces.mcp.server import serve

    return serve()
