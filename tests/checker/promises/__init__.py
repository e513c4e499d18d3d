"""The promises that the checker proves, one file each: 1-7 of design.md section 3, 8 that every record is well formed,
9 that every published row is in its topic, 10 that no claim is missing."""
