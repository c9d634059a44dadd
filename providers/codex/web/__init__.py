"""ChatGPT by the cookie of its web app, for who has no login of the CLI."""
