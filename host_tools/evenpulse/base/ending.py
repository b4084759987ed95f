"""How a program of `python -m evenpulse.…` ends: an error is one line on stderr and an exit
code, an interruption is 130.
"""

import sys
from collections.abc import Callable
from typing import NoReturn

from evenpulse.base.errors import Problem


def run(name: str, main: Callable[[], int]) -> NoReturn:
    """End this process with what `main` returns; `name` stands before its error."""
    try:
        sys.exit(main())
    except Problem as problem:
        print(f"{name}: {problem}", file=sys.stderr)
        sys.exit(problem.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
