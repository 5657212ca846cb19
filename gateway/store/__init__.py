"""How things are kept: the schema, every query, and the one writer thread."""
