"""The checker checked: a good small state made in memory, and defects planted in it, each of which must be caught."""
