"""Counts that are killed."""
