"""The page in a browser: where tokens and money went, and what is left. Served on this machine alone."""
