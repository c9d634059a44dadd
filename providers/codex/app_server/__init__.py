"""`codex app-server`, queried over JSON-RPC."""
