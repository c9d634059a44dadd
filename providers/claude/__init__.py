"""Claude: what Claude Code keeps and says."""
