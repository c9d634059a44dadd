"""ChatGPT's usage endpoint."""
