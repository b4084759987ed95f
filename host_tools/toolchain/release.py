"""Which of the MicroPythons in pins.py is built: the shipped one, or that which
EVENPULSE_MICROPYTHON names; and `make test-micropython`, which tests the firmware on each.
"""

import os
import subprocess
import sys

from .errors import ToolchainError
from .pins import RELEASES, SHIPPED, Release

VARIABLE = "EVENPULSE_MICROPYTHON"


def version() -> str:
    """The version that is chosen; ToolchainError for one that is not pinned."""
    asked = os.environ.get(VARIABLE) or SHIPPED
    if asked not in RELEASES:
        raise ToolchainError(
            f"{VARIABLE}={asked}: not a MicroPython that is pinned in host_tools/toolchain/pins.py."
            f"\nPinned: {', '.join(_told(name) for name in RELEASES)}. MICROPY_DIR uses a checkout "
            f"of any other."
        )
    if os.environ.get(VARIABLE) and os.environ.get("MICROPY_DIR"):
        raise ToolchainError(
            f"{VARIABLE}={asked} and MICROPY_DIR={os.environ['MICROPY_DIR']}: each names the "
            f"MicroPython to build from.\nUnset one of them."
        )
    return asked


def chosen() -> Release:
    return RELEASES[version()]


def _told(name: str) -> str:
    return f"{name} (shipped)" if name == SHIPPED else name


def test_each(words: list[str]) -> None:
    """`make` with these words for each MicroPython in turn; ToolchainError names those that
    failed.
    """
    failed = []
    for name in RELEASES:
        print(f"test-micropython: {_told(name)}", file=sys.stderr, flush=True)
        code = subprocess.run(words, env={**os.environ, VARIABLE: name}, check=False).returncode
        failed += [f"{_told(name)}: exit {code}"] if code else []
    if failed:
        raise ToolchainError("test-micropython:\n" + "\n".join(failed))
