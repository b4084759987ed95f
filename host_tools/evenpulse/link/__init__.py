"""The line to a device: bytes, commands, and what a silence means."""
