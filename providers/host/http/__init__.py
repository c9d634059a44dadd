"""Requests with a bearer token, each within its deadline."""
