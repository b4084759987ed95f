"""The one error of the toolchain: what failed, what was seen, what to do. Shown without a
traceback.
"""


class ToolchainError(Exception):
    """A message for the person at the terminal; several lines are fine."""
