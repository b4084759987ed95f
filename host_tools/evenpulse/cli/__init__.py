"""The command line: one file a command. Data goes to stdout, everything else to stderr; here alone errors
become text.
"""

import os
import signal
import sys

from evenpulse.errors import Problem


def main() -> None:
    """Run one command and exit with its code.

    A failure is one message, with a traceback only if EVENPULSE_DEBUG=1.
    """
    # Being ended is being interrupted: a twin keeps its flash, a half-written file goes.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        from evenpulse.cli.app import app

        app(prog_name="evenpulse")
    except Problem as problem:
        _fail(f"error: {problem}", problem.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        _fail(
            f"error: unexpected {type(error).__name__}: {error}\n"
            "  next: run it again with EVENPULSE_DEBUG=1 and report what that shows",
            1,
        )


def _fail(text: str, code: int) -> None:
    if os.environ.get("EVENPULSE_DEBUG") == "1":
        import traceback

        traceback.print_exc()
    print(text, file=sys.stderr)
    sys.exit(code)
