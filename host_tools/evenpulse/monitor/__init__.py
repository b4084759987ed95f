"""A running session watched from outside."""
