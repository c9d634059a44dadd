"""Codex: all that is known of it, and of nothing else. `descriptor` is what the rest of the house sees."""
