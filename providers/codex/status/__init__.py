"""Codex's `/status` screen, read through a terminal."""
