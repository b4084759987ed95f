"""How a program of `python -m evenpulse.…` ends: an error is one line on stderr and an exit
code, an interruption is 130.
"""

import os
import sys
from collections.abc import Callable
from typing import NoReturn

from evenpulse.base.errors import Problem


def run(name: str, main: Callable[[], int]) -> NoReturn:
    """End this process with what `main` returns; `name` stands before its error."""
    try:
        sys.exit(main())
    except Problem as problem:
        _fail(name, str(problem), problem.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        _fail(name, unexpected(error), 1)


def unexpected(error: Exception) -> str:
    """What nobody foresaw, in two lines; EVENPULSE_DEBUG=1 shows where it was."""
    return (
        f"unexpected {type(error).__name__}: {error}\n"
        "  next: run it again with EVENPULSE_DEBUG=1 and report what that shows"
    )


def _fail(name: str, text: str, code: int) -> NoReturn:
    if os.environ.get("EVENPULSE_DEBUG") == "1":
        # Slow to import, and seldom wanted
        import traceback

        traceback.print_exc()
    print(f"{name}: {text}", file=sys.stderr)
    sys.exit(code)
