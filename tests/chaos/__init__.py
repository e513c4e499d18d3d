"""The fault runner: injects faults drawn from a seed into a running Peyvand, then runs the checker."""
