"""Notices: which facts are worth one, when, and how often."""
