"""Anthropic's usage endpoint."""
