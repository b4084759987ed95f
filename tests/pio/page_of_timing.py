"""What firmware/TIMING.md says: its numbers and formulas, as the page words them."""

import re

from firmware_block import ROOT

PAGE = (ROOT / "firmware" / "TIMING.md").read_text()
ROW = re.compile(r"^\| *(\d+) *\| *`([^|]+)` *\| *([^|]+?) *\| *([^|]+?) *\|$", re.MULTILINE)
NUMBER = r"(\d[\d \u202f]*(?:\.\d+)?)"


def stated(pattern):
    """What the page says at the group of the pattern; spaces of the pattern match line breaks
    too.
    """
    found = re.findall(pattern.replace(" ", r"\s+"), PAGE)
    assert len(found) == 1, f"TIMING.md says {len(found)} times: {pattern}"
    return found[0]


def value(text, **names):
    """Value of a formula as the page writes it: 2·Y, 2Y, 250 000, −."""
    text = re.sub(
        r"(?<=\d)[ \u202f](?=\d{3})", "", " ".join(text.split()).replace("·", "*").replace("−", "-")
    )
    text = re.sub(r"(?<=\d)(?=[A-Z])", "*", text)
    assert re.fullmatch(r"[\w\s+*().-]+", text), text
    return eval(text, {"__builtins__": {}}, names)


def number(pattern):
    return value(stated(pattern.replace("N#", NUMBER)))


def budget(block):
    """({part: instructions}, used, there are) of the page's line for a block."""
    parts, used, room = stated(rf"Block {block}: ([^=]+) = \*\*(\d+) of (\d+)\*\* instructions")
    return (
        {name.strip(): int(count) for name, count in re.findall(r"([A-Za-z -]+) (\d+)", parts)},
        int(used),
        int(room),
    )
