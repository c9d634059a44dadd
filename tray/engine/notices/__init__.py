"""What a person is told without asking: which facts, when, and once."""
