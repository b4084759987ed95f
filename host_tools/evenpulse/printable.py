"""Text from a device or a file, made safe to print: control characters cannot drive a terminal."""


def printable(value: object) -> str:
    """`value` as text on one line, control characters spelled out."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in str(value))
