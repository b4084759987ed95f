"""What a command can fail with: one message and one exit code each. Only the command line catches
and prints.

0 ok, 1 failed, 2 usage, 3 no board, 4 several boards, 5 busy or no permission, 6 safety fault,
130 interrupted.
"""

from evenpulse_ground.problem import Problem

__all__ = [
    "BadUsage",
    "Disconnected",
    "LinkLost",
    "NoBoard",
    "PortBusy",
    "Problem",
    "Refused",
    "SafetyFault",
    "SeveralBoards",
    "Stranger",
]


class BadUsage(Problem):
    """The command was asked for something that has no meaning."""

    exit_code = 2


class NoBoard(Problem):
    """There is no board, or what is there is not Evenpulse."""

    exit_code = 3


class Stranger(NoBoard):
    """Something answers that is neither ours nor a MicroPython prompt."""


class SeveralBoards(Problem):
    """More than one board fits; "first found" is never a choice."""

    exit_code = 4


class PortBusy(Problem):
    """The port is there, but taken or not permitted."""

    exit_code = 5


class SafetyFault(Problem):
    """The device has latched a safety fault; only a person at the device can clear it."""

    exit_code = 6


class LinkLost(Problem):
    """The link broke, or went on answering wrongly, after the device had been found."""


class Disconnected(LinkLost):
    """The port itself is gone: a cable pulled out, a connection closed. It must be opened again."""


class Refused(Problem):
    """The device answered, and its answer is no. `code` is the JSON-RPC error code."""

    def __init__(self, what: str, code: int, data: object = None, **details: str):
        super().__init__(what, **details)
        self.code, self.data = code, data
