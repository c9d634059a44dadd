"""`codex app-server`, asked over JSON-RPC."""
