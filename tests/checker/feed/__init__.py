"""Where records come from: the broker, the database, exported files, input files."""
