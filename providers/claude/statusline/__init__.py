"""What Claude Code sends to its status line command."""
