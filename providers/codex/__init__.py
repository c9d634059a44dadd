"""Everything specific to Codex. `descriptor` is its interface to the rest of the project."""
