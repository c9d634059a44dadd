"""Where a program is installed."""
