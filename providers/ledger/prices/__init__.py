"""The prices of tokens: published rates, our corrections, and the user's own."""
