"""Watches a device: asks for its status again and again, through silence, unplugging and restarts.
Changes nothing on it.

A device that is armed does not answer its link; one that is unplugged is waited for. Neither is an
error.
"""

import datetime
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from evenpulse.base.errors import Disconnected, LinkLost, NoBoard, PortBusy, Problem, SeveralBoards
from evenpulse.connect.ports import connect, open_port
from evenpulse.link.client import ATTEMPTS, Device, identify

ANSWER_S = 1.0
STATUS, SILENT, DISCONNECTED = "status", "silent", "disconnected"
_ARMED = "no answer: the device is armed, or switched off; it answers again after"
# A silent device keeps what it is asked for later: ask ever more seldom, lest its buffer and ours
# fill
_ASK_AGAIN_S = (1.0, 10.0)
# What diagnosis.why_no_answer says it has seen
_NOTHING = "nothing"


@dataclass(frozen=True)
class Sample:
    """What was seen at a moment: a status, or (once each time) that there is none, and why.

    `gap_s`: seconds without an answer before this status. `restarted`: the device's uptime has
    fallen since the last one.
    """

    when: datetime.datetime
    event: str
    serial: str
    status: dict[str, Any] = field(default_factory=dict)
    why: str = ""
    gap_s: float | None = None
    restarted: bool = False


class Monitor:
    """`samples()` for ever; `device` tells who answered first. Asks `info` and `status`, and
    nothing else.
    """

    def __init__(self, port: str | None, interval_s: float):
        self._port, self._interval_s = port, interval_s
        self._open: Device | None = connect(port)
        self.info = self._open.info
        self.name = self._open.transport.name
        self._event = STATUS
        self._answered_s: float | None = None
        self._uptime_ms = 0
        self._heard = False
        self._ask_at_s, self._ask_again_s = 0.0, _ASK_AGAIN_S[0]

    def samples(self) -> Iterator[Sample | None]:
        """Each interval a sample, or None while all that is new is the time. Raises Problem for
        another device.
        """
        due_s = time.monotonic()
        while True:
            yield self._look()
            due_s = max(due_s + self._interval_s, time.monotonic())
            self._wait(due_s)

    def close(self) -> None:
        """Let the port go."""
        if self._open:
            self._open.transport.close()
        self._open = None

    def _look(self) -> Sample | None:
        if (
            self._event == SILENT
            and self._open
            and not self._heard
            and time.monotonic() < self._ask_at_s
        ):
            return None
        attempts = ATTEMPTS if self._event == STATUS else 1
        try:
            if self._open is None:
                self._open = Device(open_port(self._port), ANSWER_S)
            if not self._open.info:
                self._identify(self._open, attempts)
            status = self._open.call("status", timeout_s=ANSWER_S, attempts=attempts)
        except (Disconnected, PortBusy, SeveralBoards) as problem:
            self.close()
            return self._lost(DISCONNECTED, problem.what)
        except (LinkLost, NoBoard) as problem:
            if self._open is None:
                return self._lost(DISCONNECTED, problem.what)
            self._ask_at_s = time.monotonic() + self._ask_again_s
            self._ask_again_s = min(2 * self._ask_again_s, _ASK_AGAIN_S[1])
            return self._lost(SILENT, _ARMED if problem.seen == _NOTHING else problem.what)
        return self._found(status)

    def _identify(self, device: Device, attempts: int) -> None:
        identify(device, attempts)
        if device.info["serial"] != self.info["serial"]:
            raise Problem(
                f"another device is on {device.transport.name} now",
                seen=f"serial {device.info['serial']}, before it was {self.info['serial']}",
                do_next="watch one device at a time: run the command again for this one",
            )

    def _lost(self, event: str, why: str) -> Sample | None:
        """The first time that there is no answer, or that there is none for another reason."""
        before, self._event = self._event, event
        return Sample(_now(), event, self.info["serial"], why=why) if event != before else None

    def _found(self, status: dict[str, Any]) -> Sample:
        now_s, uptime_ms = time.monotonic(), status.get("uptime_ms")
        gap_s = (
            now_s - self._answered_s
            if self._event != STATUS and self._answered_s is not None
            else None
        )
        restarted = type(uptime_ms) is int and uptime_ms < self._uptime_ms
        if type(uptime_ms) is int:
            self._uptime_ms = uptime_ms
        self._event, self._answered_s, self._ask_again_s = STATUS, now_s, _ASK_AGAIN_S[0]
        return Sample(_now(), STATUS, self.info["serial"], status, gap_s=gap_s, restarted=restarted)

    def _wait(self, due_s: float) -> None:
        """Let time pass, a twin's too. A line that comes is a late answer: the device is there
        again.
        """
        left_s = due_s - time.monotonic()
        self._heard = False
        if self._open and left_s > 0:
            try:
                self._heard = self._open.transport.read_line(left_s) is not None
            except Disconnected:
                self.close()
        time.sleep(max(0.0, due_s - time.monotonic()))


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
