"""A session of the firmware on the twin that SPICE can answer: what its pins do, and what they do
when the circuit's lines say something else.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from evenpulse.analog.deck import Drive
from evenpulse.analog.spice import Wave
from evenpulse.base.errors import Problem
from evenpulse.connect import bring_up
from evenpulse.emulator import fork
from evenpulse.twin import states
from evenpulse.twin.twin import Twin
from stimcore import prescription
from stimcore.interlock import REASONS

CLOCKS_PER_S = 125e6
# The chip's inputs read low for certain below 0.8 V, and change in between.
_LOW_V = 1.4
_BEFORE_S = 300e-6
_PINS = {"pa": "CH1_A", "pb": "CH1_B", "ph": "HV_EN"}
_PRESS_MS, _PAUSE_MS, _FELT_MS = 60, 240, 700
# What the amplitude's steps leave
_APART = 0.05
# Within these the firmware has written down why it cut.
_TOLD_MS = 40
_CIRCUIT = "circuit"

Steps = dict[str, list[tuple[float, int]]]


@dataclass(frozen=True)
class Answer:
    """What the firmware did with its pins, and why; `at_s`: when the last of them went low for
    good, None when it went on.
    """

    pins: Steps
    at_s: float | None
    reason: str


class Session:
    """Channel 1 at so many mA, 300 µs a phase, 50 pps; time 0 is 0.3 ms before a pulse."""

    def __init__(self, ma: int):
        self._twin = _running(ma)
        self._began = _rise(self._twin) - round(_BEFORE_S * CLOCKS_PER_S)

    @property
    def duty(self) -> float:
        """Of the amplitude's PWM."""
        return self._twin.chip.pwm.duty(self._twin.world.gpio("CH1_AMP"))

    def drive(self, end_s: float) -> Drive:
        """What the pins do while nothing is wrong."""
        return Drive(self._of(lambda: _play(self._twin, self._began, end_s)).pins, self.duty, end_s)

    def answer(self, waves: Mapping[str, Wave], end_s: float) -> Answer:
        """What they do when the circuit says this."""

        def play() -> dict:
            _feed(self._twin, self._began, waves)
            return _play(self._twin, self._began, end_s)

        return self._of(play)

    def _of(self, play: Callable[[], dict]) -> Answer:
        """In a copy of the session."""
        [told] = fork.each([play], lambda do: do(), 1)
        pins = {pin: [(s, level) for s, level in told["pins"][pin]] for pin in _PINS}
        return Answer(pins, told["at_s"], told["reason"])


def _running(ma: int) -> Twin:
    """A device with a prescription of one channel, RUNNING at so many mA."""
    rx = prescription.from_toml_dict(_prescription(ma))
    twin = bring_up.switch_on(bring_up.prescribed(bring_up.new(), rx))
    bring_up.hold_start(twin)
    # Current must have flowed for a while before a press counts.
    twin.run_ms(_FELT_MS)
    bring_up.press(twin, "UP", ma, _PRESS_MS, _PAUSE_MS)
    twin.run_ms(_FELT_MS)
    peak_ma = twin.world.channels[0].peak_ua / 1_000
    if twin.state != states.RUNNING or abs(peak_ma / ma - 1) > _APART:
        raise Problem(
            f"the session for SPICE is not at {ma} mA", seen=f"{twin.state}, {peak_ma:.2f} mA"
        )
    return twin


def _prescription(ma: int) -> dict:
    program = {"name": "Loop", "channels": [1], "phase_us": 300, "gap_us": 100, "rate_pps": 50}
    caps = {"ch1_ma": ma, "ch2_ma": 0, "session_min": 30, "sessions_per_day": 3, "rest_min": 30}
    return {
        "id": "rx-loop",
        "counter": 1,
        "patient": "P-000",
        "issued": "2026-11-22",
        "expires": "2027-02-22",
        "device": "*",
        "electrode_cm2": 25,
        "checks": {"contraindications_excluded": True, "sensation_tested": True},
        "caps": caps,
        "program": [program | {"minutes": 5, "ramp_up_s": 0, "ramp_down_s": 0}],
    }


def _rise(twin: Twin) -> int:
    """Until short before a pulse: the clock at which its leg A will rise."""
    pin = twin.world.gpio(_PINS["pa"])
    rises = [clock for clock, gpio, level in twin.edges if gpio == pin and level]
    period = rises[-1] - rises[-2]
    while twin.now > rises[-1] + period - round(2 * _BEFORE_S * CLOCKS_PER_S):
        rises.append(rises[-1] + period)
    twin.run_to(rises[-1] + period - round(2 * _BEFORE_S * CLOCKS_PER_S))
    return rises[-1] + period


def _feed(twin: Twin, began: int, waves: Mapping[str, Wave]) -> None:
    """The circuit's three lines drive the chip's."""
    world, t, volts = twin.world, waves["time"], waves["v(adc)"] - waves["v(pg)"]

    def millivolts() -> float:
        return float(np.interp((twin.now - began) / CLOCKS_PER_S, t, volts)) * 1_000

    world.open_sense(0, millivolts)
    for clock, low in _crossings(began, waves, "v(il)"):
        twin.at(clock, partial(world.pull_interlock, _CIRCUIT, low))
    short = world.gpio("SHORT_N")
    for clock, low in _crossings(began, waves, "v(shn)"):
        twin.at(clock, partial(twin.chip.pads.switch, short, 0 if low else None, _CIRCUIT))


def _crossings(began: int, waves: Mapping[str, Wave], line: str) -> Iterator[tuple[int, bool]]:
    """(clock, whether it is low from there on); the solver's steps are short where a line falls."""
    low = waves[line] - waves["v(pg)"] < _LOW_V
    for k in np.flatnonzero(np.diff(low, prepend=False)):
        yield began + round(float(waves["time"][k]) * CLOCKS_PER_S), bool(low[k])


def _play(twin: Twin, began: int, end_s: float) -> dict:
    """Levels of the pins from time 0 on, and why the firmware cut."""
    seen, gpios = len(twin.edges), {twin.world.gpio(role): pin for pin, role in _PINS.items()}
    pins = {pin: [(0.0, twin.chip.pads.levels[gpio])] for gpio, pin in gpios.items()}
    twin.run_to(began + round(end_s * CLOCKS_PER_S))
    for clock, gpio, level in twin.edges[seen:]:
        if gpio in gpios:
            pins[gpios[gpio]].append(((clock - began) / CLOCKS_PER_S, level))
    at_s = None if pins["ph"][-1][1] else max(steps[-1][0] for steps in pins.values())
    return {"pins": pins, "at_s": at_s, "reason": "" if at_s is None else _reason(twin)}


def _reason(twin: Twin) -> str:
    """Outputs are dead: what is fed from now on changes nothing."""
    twin.run_ms(_TOLD_MS)
    told = [word >> 8 & 0xFF for _, word in twin.states if word & 0xFF == states.FAULT]
    return REASONS[told[0]][0] if told else "nothing written"
