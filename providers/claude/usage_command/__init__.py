"""Claude Code's own `/usage`, run as a child process."""
