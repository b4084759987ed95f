"""Odd lines on the link of the emulated device: each is answered once, and the device stays what
it was.
"""

import contextlib

import rig
from evenpulse.base import boards
from evenpulse.base.errors import Problem
from evenpulse.emulator.fork import each
from evenpulse.link.client import Device
from evenpulse.prescription.signed import sign
from evenpulse.twin import clinic
from evenpulse.twin.port import TwinPort
from evenpulse.twin.twin import Twin
from stimcore import link, prescription

from fuzz.commands import Found
from fuzz.odd import odd

_ANSWER_S, _SECOND_S = 10.0, 0.2
_CRC_BYTES = 10
# What comes after the longest line is read and thrown away; half a minute of that shows nothing.
_BODY_BYTES_MAX = 20_000
# Every fourth goes as it became: its CRC, if it still has one, is wrong.
_UNSEALED = 4
_DIED = "the emulator died"


class _Tapped(TwinPort):
    """Keeps what a client writes."""

    def __init__(self, twin: Twin):
        super().__init__(twin)
        self.written: list[str] = []

    def write(self, data: bytes) -> None:
        self.written.append(data.decode())
        super().write(data)


# Each method of the link, as somebody would ask it; `configure` comes from the client itself.
_CALLS = (
    ("info", {}),
    ("status", {}),
    ("log", {"from": 1}),
    ("self_test", {}),
    ("update", {"board": "nmes2", "version": "9.9.9", "sha256": "0" * 64}),
    ("calibrate", {"channel": 1, "gain_permyriad": 10, "offset_ua": -3}),
    ("run", {"program": 1}),
    ("keep_alive", {}),
    ("stop", {}),
)


def _nobody_is_there() -> None:
    raise Problem("nobody holds SELECT")


class Link:
    """A device at READY, and the lines that the product's own client sends it. Each odd line meets
    a copy of it.
    """

    def __init__(self) -> None:
        self._twin = Twin("nmes2", clinic.flash(boards.load("nmes2")))
        self._twin.power_on(usb=True)
        assert self._twin.run_until_state(rig.READY, 3_000)
        (self.real,) = each([_CALLS], self._written)

    def _written(self, calls: tuple[tuple[str, dict], ...]) -> list[str]:
        port = _Tapped(self._twin)
        device = Device(port, first_id=1)
        with contextlib.suppress(Problem):
            rx = prescription.from_toml_dict(rig.document(rig.program()))
            device.configure(sign(rx, clinic.key()), rig.NOW_S, _nobody_is_there)
        for method, params in calls:
            with contextlib.suppress(Problem):
                device.call(method, params, timeout_s=_ANSWER_S)
        assert len(port.written) == 1 + len(calls), "each is answered at once, refused or not"
        return port.written

    def judge(self, seed: str | int, number: int) -> None:
        """Raises Found when the device does on a line what it may on none."""
        sent = self.real[number % len(self.real)].encode()
        body = odd(sent[:-_CRC_BYTES], seed, number)[:_BODY_BYTES_MAX].replace(b"\n", b" ")
        line = body + b"\n" if number % _UNSEALED == 0 else link._line(body)
        (why,) = each([line], self.why)
        if why != "":
            raise Found(f"link, seed {seed}, line {number}: {why or _DIED}: {line[:300]!r}")

    def why(self, line: bytes) -> str:
        """What is wrong with how the device takes a line; nothing when nothing is."""
        port, states = TwinPort(self._twin), list(self._twin.states)
        port.write(line)
        answer = port.read_line(_ANSWER_S)
        if answer is None and line.strip():
            return "no answer"
        if answer is not None:
            try:
                told = link.decode(answer)
            except link.LinkError as bad:
                return f"an answer that is no line: {bad}: {answer[:200]!r}"
            if ("result" in told) == ("error" in told):
                return f"neither result nor error: {told}"
            if port.read_line(_SECOND_S) is not None:
                return "a second answer"
        Device(port).call("info")
        return "" if self._twin.states == states else f"states {self._twin.states[len(states) :]}"
