"""Codex's rollouts (session logs): the tokens and the limits in them."""
