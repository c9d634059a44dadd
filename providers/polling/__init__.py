"""From homes to one snapshot: accounts, fetch scheduling, stored state."""
