"""From homes to one snapshot: whose numbers, who may be asked when, what is known."""
