"""Something in a capture that is not as prescribed."""

from typing import NamedTuple


class Finding(NamedTuple):
    """`what` is a kind; `at_s`: in the file's own time; `size_ns`, `unsure_ns`: how large, where
    that means something.
    """

    what: str
    channel: int | None
    text: str
    at_s: float | None = None
    size_ns: float | None = None
    unsure_ns: float | None = None
    times: int = 1


def of_channel(number: int | None) -> str:
    """How the text of a finding begins."""
    return f"channel {number}: " if number else ""
