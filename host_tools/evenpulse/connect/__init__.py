"""What is reached over a port: a board on a cable, or a twin. The one room that knows both."""
