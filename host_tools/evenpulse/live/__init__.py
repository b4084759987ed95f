"""The twin in a person's time: at the keyboard, or served on a port."""
