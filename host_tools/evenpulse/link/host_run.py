"""Runs a program from the host, on a bench board alone: starts it, keeps it alive until it ends,
and stops it when asked.

The device decides everything: whether it may, what the program may hold, and that a silent host is
a gone one.
"""

import json
from collections.abc import Callable

from evenpulse.base.errors import Problem, SafetyFault
from evenpulse.base.printable import printable
from evenpulse.link.client import Device

# Four keep-alives in the 100 ms that the device waits
_EVERY_S = 0.025
# An answer later than this comes from a device that has stopped by itself
_TIMEOUT_S = 0.5
_STOP_POLLS_MAX = 20

# A dict of JSON values
Told = dict


def run(device: Device, rx: dict, number: int, ua: list[int], seen: Callable[[Told], None]) -> Told:
    """Run program `number` (from 1) of a prescription in device form; how it ended.

    `seen` gets each answer. KeyboardInterrupt stops the device, then goes on. Raises Refused,
    SafetyFault, Problem.
    """
    told = device.call("run", {"rx": json.dumps(rx), "program": number, "ua": ua})
    try:
        while told["active"]:
            seen(told)
            told = _wait(device, "keep_alive")
    except KeyboardInterrupt:
        _stop(device)
        raise
    return _judged(told)


def _wait(device: Device, method: str) -> Told:
    """Let a little time pass (a twin's too), then ask."""
    device.transport.read_line(_EVERY_S)
    return device.call(method, timeout_s=_TIMEOUT_S)


def _stop(device: Device) -> None:
    """End it now; a device that does not hear this ends it for want of keep-alives."""
    told = device.call("stop", timeout_s=_TIMEOUT_S)
    for _ in range(_STOP_POLLS_MAX):
        if not told["active"]:
            return
        told = _wait(device, "stop")


def _judged(told: Told) -> Told:
    """Why it is over: its end is good, anything else a failure."""
    why = printable(str(told["why"]))
    if why == "end":
        return told
    if why == "fault":
        raise SafetyFault(
            printable(f"the device stopped the run: {told['fault']}"),
            do_next="remove the cause; the next run clears the fault",
        )
    if why == "keep_alive":
        raise Problem(
            "the device stopped the run: it had not heard from this computer for 100 ms",
            do_next="run it again with less load on this computer, or on another USB port",
        )
    raise Problem(
        "the device did not start the run",
        seen=why,
        do_next="`evenpulse info` and `evenpulse selftest` show its state",
    )
