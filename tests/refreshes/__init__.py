"""Refreshes from real programs, again and again."""
