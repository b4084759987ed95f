"""What fails reads the same everywhere: what, what was tried, what was seen, what to do next."""


class Problem(Exception):
    """Something failed: what, what was tried, what was seen, and what to do next. Exit code 1."""

    exit_code = 1

    def __init__(self, what: str, *, tried: str = "", seen: str = "", do_next: str = ""):
        super().__init__(what)
        self.what, self.tried, self.seen, self.do_next = what, tried, seen, do_next

    def __str__(self) -> str:
        parts = [self.what]
        for label, text in (("tried", self.tried), ("seen", self.seen), ("next", self.do_next)):
            if text:
                parts.append(f"  {label}: {text}".replace("\n", "\n         "))
        return "\n".join(parts)
