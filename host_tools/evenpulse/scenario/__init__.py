"""A session written down as events: read, played, and kept as files."""
