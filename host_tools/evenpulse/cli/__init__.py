"""The command line: one file a command. Data goes to stdout, everything else to stderr; here alone
errors become text.
"""

import os
import signal
import sys

from evenpulse.base import ending
from evenpulse.base.errors import Problem

_VERBOSE = ("-v", "--verbose")


def main() -> None:
    """Run one command and exit with its code.

    A failure is one message, with a traceback only if EVENPULSE_DEBUG=1.
    """
    # Being ended is being interrupted: a twin keeps its flash, a half-written file goes.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    from evenpulse.cli import streams

    streams.prepare()
    try:
        from evenpulse.cli.app import command

        try:
            command()(_verbose_first(sys.argv[1:]), prog_name="evenpulse")
        finally:
            streams.flush()
    except Problem as problem:
        _fail(f"error: {problem}", problem.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever reads has seen enough.
        streams.give_up()
        sys.exit(1)
    except OSError as error:
        streams.give_up()
        _fail(*_told_of_os_error(error))
    except Exception as error:
        _fail(*_unexpected(error))


def _verbose_first(words: list[str]) -> list[str]:
    """-v counts wherever it is typed: it belongs to no one command."""
    end = words.index("--") if "--" in words else len(words)
    options = [word for word in words[:end] if word in _VERBOSE]
    return options + [word for word in words[:end] if word not in _VERBOSE] + words[end:]


def _told_of_os_error(error: OSError) -> tuple[str, int]:
    """Reading and writing named files is told where it happens; without a name it is a stream."""
    if error.filename is not None:
        return _unexpected(error)
    return (
        f"error: cannot write: {error.strerror or error}\n"
        "  next: make room, or send the output somewhere else",
        1,
    )


def _unexpected(error: Exception) -> tuple[str, int]:
    return f"error: {ending.unexpected(error)}", 1


def _fail(text: str, code: int) -> None:
    if os.environ.get("EVENPULSE_DEBUG") == "1":
        import traceback

        traceback.print_exc()
    print(text, file=sys.stderr)
    sys.exit(code)
