"""What a token costs: the published rates, ours, and the person's own."""
