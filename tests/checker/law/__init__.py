"""The law a second time, slowly and plainly, from domain.md and contract.md alone. Pure: no clock, no files, no network."""
