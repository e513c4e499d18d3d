"""The sources of records: the broker, the database, exported files, input files."""
