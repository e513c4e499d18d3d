"""Breaks a running Peyvand in every way that a seed draws, and lets the checker speak afterwards."""
