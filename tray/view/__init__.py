"""Snapshot to rows, text and pictures: pure, and the same for every face."""
