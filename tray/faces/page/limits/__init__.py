"""What the sections about limits have in common."""
