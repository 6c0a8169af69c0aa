"""My digits: the user's own drawings with what they stand for, kept in a database."""
