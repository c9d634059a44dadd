"""The prices of tokens: published rates, ours for what they lack, and the user's own."""
