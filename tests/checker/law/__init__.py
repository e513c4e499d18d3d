"""A second, simple and slow implementation of the law, written from domain.md and contract.md only. Pure functions: no
clock, no files, no network (`tables` reads one file)."""
