"""Evenpulse's host side: command line, link to the device, prescriptions, journal and twin."""

import sys

# Before anything that an older Python cannot read: one line in place of a traceback.
if sys.version_info < (3, 11):  # noqa: UP036
    raise SystemExit(
        f"evenpulse needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}"
    )

__version__ = "0.1.0"
