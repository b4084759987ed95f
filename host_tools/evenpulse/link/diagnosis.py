"""Why no sound answer came: tells a prompt, a stranger, a damaged line and silence apart by what
was seen.
"""

import re

from evenpulse.base.errors import LinkLost, NoBoard, Problem, Stranger
from evenpulse.base.printable import printable

SEEN_CHARS = 200
_FRAME_END = re.compile(rb" [0-9a-f]{8}$")


def why_no_answer(port: str, known: bool, tried: str, request: bytes, seen: list[bytes]) -> Problem:
    """The one error for a request without an answer; `known`: the device had answered before."""
    got = b"\n".join(seen).strip()
    prompt = b">>>" in got or request.strip() in got
    # The last one is not finished
    damaged = any(looks_like_frame(line) for line in seen[:-1])
    shown = printable(got[:SEEN_CHARS].decode("ascii", "backslashreplace")) or "nothing"
    for is_it, kind, what, do_next in (
        (
            known,
            LinkLost,
            "{} stopped answering soundly",
            "check the cable, replug the board, run the command again",
        ),
        (
            prompt,
            NoBoard,
            "{} answers with a MicroPython prompt, not with Evenpulse",
            "flash the firmware (make flash), or reset a board that is in service mode",
        ),
        (
            damaged,
            LinkLost,
            "every answer from {} is damaged",
            "try another cable or USB port, without a hub",
        ),
        (
            got,
            Stranger,
            "something answers on {}, but it is not Evenpulse",
            "`evenpulse ports` shows what is connected; choose the board with --port",
        ),
    ):
        if is_it:
            return kind(what.format(port), tried=tried, seen=shown, do_next=do_next)
    return NoBoard(
        f"nothing answers on {port}",
        tried=tried,
        seen=shown,
        do_next="check the cable and that the board is on; reset it; is this the right port?",
    )


def at_prompt(unfinished: bytes) -> bool:
    """True for an unfinished line that is MicroPython's prompt: it will not answer, however
    often it is asked.
    """
    return unfinished.lstrip(b"\r\n").startswith(b">>> ")


def looks_like_frame(line: bytes) -> bool:
    """True for a damaged answer, or a piece of one with either end left. An echo of our request
    is none.
    """
    return (
        line.startswith(b'{"') or _FRAME_END.search(line) is not None
    ) and b'"method"' not in line
