"""A test of the checker: a small correct state in memory, and defects planted in it, each of which must be caught."""
