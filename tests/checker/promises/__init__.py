"""The seven promises of design.md section 3, one file each, and an eighth: that every record is well formed."""
