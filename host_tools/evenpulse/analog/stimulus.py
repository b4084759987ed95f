"""What the firmware did with its pins, out of the files of `evenpulse twin run`: edges.csv as
levels over time, the amplitude out of waves.vcd.
"""

import re
from pathlib import Path

import numpy as np

from evenpulse.analog.deck import Drive
from evenpulse.base.errors import BadUsage
from evenpulse.capture import read as capture_file
from evenpulse.capture.edges import PS_PER_S, Capture

EDGES, WAVES = "edges.csv", "waves.vcd"
_LOGGED = ("out", "in", "pwm")
_BEFORE_S = 300e-6
_LINE_MAX = 4_096


class Played:
    """The files of one run on one board."""

    def __init__(self, folder: Path, board: dict):
        self._folder, self._board = folder, board
        self.capture: Capture = capture_file.read(folder / EDGES)
        roles = {role for role, (_, way, *_) in board["PINS"].items() if way in _LOGGED}
        if other := roles ^ set(self.capture.pins):
            raise BadUsage(
                f"{folder / EDGES} is not of board {board['NAME']}",
                seen=f"only on one side: {', '.join(sorted(other)[:6])}",
                do_next="play a scenario of this board: evenpulse twin run … --out FOLDER",
            )

    def starts_ps(self, channel: int) -> list[int]:
        """Each rise of leg A."""
        return self.capture.pins[f"CH{channel}_A"].rises().tolist()

    def drive(self, channel: int, first: int, end_s: float, duty: float | None = None) -> Drive:
        """From 0.3 ms before pulse `first` on; `duty` in place of the run's own amplitude."""
        starts = self.starts_ps(channel)
        if not 0 <= first < len(starts):
            raise BadUsage(
                f"{self._folder / EDGES}: channel {channel} has no pulse {first}",
                seen=f"{len(starts)} pulses",
                do_next="a scenario that holds START and presses UP",
            )
        begin = starts[first] - round(_BEFORE_S * PS_PER_S)
        roles = {"pa": f"CH{channel}_A", "pb": f"CH{channel}_B", "ph": "HV_EN"}
        pins = {name: _steps(self.capture, role, begin, end_s) for name, role in roles.items()}
        return Drive(pins, self.duty(channel, starts[first]) if duty is None else duty, end_s)

    def duty(self, channel: int, at_ps: int) -> float:
        """The amplitude's PWM at a time, 0 to 1."""
        name, code, now_ns, duty = f"CH{channel}_AMP_duty", None, 0, 0.0
        path = self._folder / WAVES
        try:
            with path.open(encoding="ascii", errors="replace") as file:
                for line in file:
                    if code is None and (found := re.match(rf"\$var real 64 (\S+) {name} ", line)):
                        code = found[1]
                    elif line.startswith("#"):
                        now_ns = int(line[1:_LINE_MAX])
                        if now_ns * 1_000 > at_ps:
                            break
                    elif code and line.startswith("r") and line.endswith(f" {code}\n"):
                        duty = float(line[1:].split()[0])
            if code is None:
                raise ValueError(f"there is no {name} in it")
        except (OSError, ValueError) as error:
            raise BadUsage(
                f"{path}: its amplitude cannot be read",
                seen=str(error),
                do_next="play the scenario again: evenpulse twin run … --out FOLDER",
            ) from error
        return duty


def _steps(capture: Capture, role: str, begin: int, end_s: float) -> list[tuple[float, int]]:
    pin = capture.pins[role]
    end = begin + round(end_s * PS_PER_S)
    inside = pin.ps[(pin.ps > begin) & (pin.ps < end)]
    level = pin.level_at(begin)
    levels = level ^ (np.arange(len(inside)) + 1) & 1
    times = (inside - begin) / PS_PER_S
    return [(0.0, level), *zip(times.tolist(), levels.tolist())]
