"""Codex's rollouts: the tokens and the limits in them."""
