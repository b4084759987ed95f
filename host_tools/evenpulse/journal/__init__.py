"""A device's journal: fetched, read a second time, audited, kept and shown."""
