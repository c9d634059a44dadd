# mypy: ignore-errors
"""A client by the official Python library, in an environment of its own: prints what it was answered, as JSON.

    python mcp_client.py MODE COMMAND ARGUMENT...

MODE is "auto" (the newest protocol that both know) or "legacy" (a session). It raises where an answer does not fit
its schema.
"""

import asyncio
import json
import sys

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client


async def main(mode: str, command: str, *arguments: str) -> None:
    server = StdioServerParameters(command=command, args=list(arguments))
    async with Client(stdio_client(server), mode=mode) as client:
        tools = await client.list_tools()
        limits = await client.call_tool("limits", {})
        wrong = await client.call_tool("cost", {"days": "many"})
        answers = {
            "protocol": client.protocol_version,
            "tools": {tool.name: tool.annotations.read_only_hint for tool in tools.tools if tool.annotations},
            "limits": limits.structured_content,
            "text": limits.content[0].text,
            "wrong": [wrong.is_error, wrong.content[0].text],
        }
    print(json.dumps(answers))


asyncio.run(main(*sys.argv[1:]))
