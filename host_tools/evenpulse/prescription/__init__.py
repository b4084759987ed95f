"""A clinic's prescription: the file, its words, its signature and its keys."""
