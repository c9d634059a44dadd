"""The words of the field and pure rules on them: limits, cost, errors. Frozen, free of I/O."""
