"""A device in service mode: runs code in MicroPython's raw REPL and takes one marked line as its
answer.
"""

from stimcore import link

from evenpulse.base.errors import LinkLost, Problem
from evenpulse.base.printable import printable
from evenpulse.link.transport import Transport

# Raw: no echo, no prompt for each line. Its answer: OK, what was printed, END, a traceback, END, >.
RUN, _LEAVE = b"\x04", b"\x02"
_ENTERED, _TAKEN, _END = b"raw REPL", b"OK", b"\x04"
# Out of whatever runs, then raw; the newline makes a device that is not in service mode answer
_ENTER = b"\r\x03\x03\x01\n"
_LINES_MAX = 200
_ENTER_S, _ANSWER_S, _TAKEN_S = 3.0, 15.0, 1.0


def enter(transport: Transport) -> None:
    """To the raw prompt, whatever runs; raises Problem where there is none."""
    transport.write(_ENTER)
    _until(transport, _ENTERED, _ENTER_S)


def run(transport: Transport, code: str, mark: str) -> str:
    """Run code on the device; what it printed after `mark`. Raises Problem."""
    _start(transport, code)
    answer = _until(transport, mark.encode(), _ANSWER_S).partition(mark.encode())[2]
    transport.write(_LEAVE)
    return answer.decode(errors="replace").strip("\r\n\x04> ")


def run_and_leave(transport: Transport, code: str) -> None:
    """Run code that ends the connection, such as a restart; raises Problem when there is no
    prompt.
    """
    _start(transport, code)
    try:
        # The port goes while we listen
        transport.read_line(_TAKEN_S)
    except LinkLost:
        pass


def has_begun(answer: bytes | bytearray) -> bool:
    """Whether code has been taken, by what came since it was sent."""
    return _TAKEN in answer


def has_ended(answer: bytes | bytearray) -> bool:
    """Whether code has come to its end, by what came since it was sent."""
    return answer.count(_END) >= 2 and answer.endswith(b">")


def read_answer(answer: bytes) -> tuple[str, str]:
    """What code that has ended printed, and its traceback, or ""."""
    printed, failed, _ = answer.partition(_TAKEN)[2].rsplit(_END, 2)
    return printed.decode(errors="replace").strip(), failed.decode(errors="replace").strip()


def _start(transport: Transport, code: str) -> None:
    enter(transport)
    transport.write(code.encode() + RUN)


def _until(transport: Transport, mark: bytes, timeout_s: float) -> bytes:
    seen: list[bytes] = []
    for _ in range(_LINES_MAX):
        line = transport.read_line(timeout_s)
        if line is None:
            break
        if mark in line:
            return line
        if _is_link(line):
            raise Problem(
                f"the device on {transport.name} is not in service mode",
                do_next=(
                    "switch it off, hold SELECT while switching it on, then run the command again"
                ),
            )
        seen.append(line)
    shown = printable(b" | ".join(seen[-4:]).decode(errors="replace"))
    failed = any(b"Error" in line for line in seen)
    raise Problem(
        f"the device on {transport.name} "
        + ("failed" if failed else "does not answer as one in service mode"),
        tried="its REPL",
        seen=shown or "nothing",
        do_next="use the tool and the firmware of one release (make flash)"
        if failed
        else "switch it off, hold SELECT while switching it on, then run the command again",
    )


def _is_link(line: bytes) -> bool:
    try:
        return isinstance(link.decode(line), dict)
    except (link.LinkError, RecursionError):
        return False
