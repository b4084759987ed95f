"""Text from a device or a file, made safe to print: control characters cannot drive a terminal."""


def plain(value: object) -> str:
    """A value as people read it: never as a programming language writes it."""
    if value is None or value in ([], {}, ()):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {plain(one)}" for name, one in value.items())
    if isinstance(value, (list, tuple)):
        between = "; " if any(isinstance(one, (dict, list, tuple)) for one in value) else ", "
        return between.join(map(plain, value))
    return str(value)


def printable(value: object) -> str:
    """`value` as text on one line, control characters spelled out."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in str(value))


def counted(number: int, what: str) -> str:
    """1 session, 2 sessions."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
