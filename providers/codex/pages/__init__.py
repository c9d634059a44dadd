"""The pages on which ChatGPT shows an account its past."""
