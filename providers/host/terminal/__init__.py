"""A program's screen, read through a pseudo-terminal."""
