"""The domain model and pure rules on it: limits, cost, errors. Immutable, no I/O."""
