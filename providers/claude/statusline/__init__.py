"""What Claude Code tells its status line command."""
