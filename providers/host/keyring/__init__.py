"""Secrets of the system's keyring, read in a child process."""
