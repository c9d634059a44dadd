"""What was counted beside what was reported: as a table for people, and as JSON."""
