"""Claude: the login, the limits and the logs of Claude Code."""
