"""What a program puts into a resistor, computed: from the prescription, the board's facts and the
device's own code.

The train comes from stimcore.train, charge from stimcore.limits, and whether the device trips from
the rule and counts of its samples. The output stage is taken as the board states it: a current
source that stops at its compliance voltage.
"""

import math
from array import array
from dataclasses import dataclass

from stimcore import limits, monitor, pulse
from stimcore.busy import busiest_mpps, longest_phase_us, shortest_period_us
from stimcore.program import electrode_mm2
from stimcore.strength import STEP_UA
from stimcore.train import Train

LOADS_OHM = (500, 2_000, 10_000)
# Of the amplitude PWM over full scale (hal/amplitude.py); the device rounds down to one
STEPS = 4_096
# A sweep of 60 s at 150 pps has 9000
_PULSES_MAX = 12_000


@dataclass(frozen=True)
class Timing:
    """One pulse of a train: its phase, and the time from its start to the next one's."""

    phase_us: int
    step_us: int


@dataclass(frozen=True)
class Trip:
    """The amplitude asked for at which the device switches itself off, and the reason it then
    gives.
    """

    reason: str
    asked_ma: float


@dataclass(frozen=True)
class AtLoad:
    """One program on channels of the same cap, into one resistor: values by name, and the trip
    that ends it.
    """

    ohm: int
    asked_ma: float
    values: dict[str, float]
    trip: Trip | None


def timings(program: dict, pulses: int) -> list[Timing]:
    """The first pulses of a program's train, read out of the words that the device's own code
    writes.
    """
    train, words, out = Train(program), array("H", [0] * (2 * pulse.WORDS_PER_PULSE)), []
    for _ in range(pulses):
        train.fill(words, 1)
        rest = words[2] | words[3] << 16
        settle = words[4] | words[5] << 16
        clocks = rest + pulse.REST_EXTRA_CLOCKS + settle
        out.append(
            Timing(
                train.phase_us,
                clocks // pulse.CLOCKS_PER_US + 2 * train.phase_us + program["gap_us"],
            )
        )
    return out


def cycle(program: dict) -> list[Timing]:
    """The pulses after which a train at its full phase repeats: one, a burst, or a whole sweep."""
    steady = {key: value for key, value in program.items() if key != "ramp"}
    if "burst" in program:
        return timings(steady, program["burst"]["pulses"])
    if "sweep" not in program:
        return timings(steady, 1)
    end_us, at_us, out = 1_000 * program["sweep"]["period_ms"], 0, []
    for one in timings(steady, _PULSES_MAX):
        if at_us >= end_us:
            break
        out.append(one)
        at_us += one.step_us
    return out


def busiest(program: dict, train: list[Timing]) -> tuple[float, float]:
    """(phase in us, pulses a second) of the busiest second: the most current over time that the
    program gives.
    """
    if "sweep" in program:
        most = max(train, key=lambda one: one.phase_us / one.step_us)
        return most.phase_us, 1e6 / most.step_us
    if "burst" in program:
        return program["phase_us"], busiest_mpps(program) / 1_000
    return program["phase_us"], 1e6 / train[0].step_us


def set_ua(ua: int, board: dict) -> float:
    """What the device sets for an amplitude asked for: below the board's ceiling, rounded down
    to a step of the PWM.
    """
    steps: int = min(ua, board["MAX_UA"]) * STEPS // board["FULL_SCALE_UA"]
    return steps * board["FULL_SCALE_UA"] / STEPS


def into(ua: float, ohm: float, board: dict) -> float:
    """The current in uA that a set point drives into a resistor: the compliance voltage ends it."""
    return min(ua, board["COMPLIANCE_MV"] * 1_000 / ohm)


def trip(cap_ua: int, ohm: float, board: dict) -> Trip | None:
    """What the device does by itself while UP is pressed to the cap: the rule of its samples
    (firmware/SAFETY.md), in its counts.
    """
    full = monitor.counts(board["FULL_SCALE_UA"], board["SENSE_NV_PER_UA"])
    least = monitor.counts(monitor.LEAD_OFF_FROM_UA, board["SENSE_NV_PER_UA"])
    asked_ua = 0
    while asked_ua < cap_ua:
        asked_ua = min(asked_ua + STEP_UA, cap_ua)
        flows_ua = into(set_ua(asked_ua, board), ohm, board)
        if ohm < board["SHORT_OHM"] and flows_ua >= board["SHORT_FROM_UA"]:
            return Trip("short", asked_ua / 1_000)
        expected = round(set_ua(asked_ua, board) * STEPS / board["FULL_SCALE_UA"]) * full // STEPS
        seen = round(
            flows_ua * board["SENSE_NV_PER_UA"] / 1e6 * monitor.FULL_COUNTS / monitor.REFERENCE_MV
        )
        if expected >= least and seen < expected // 2:
            return Trip("lead_off", asked_ua / 1_000)
    return None


def at_load(program: dict, ua: int, electrode_mm2: int, board: dict, ohm: int) -> AtLoad:
    """Every value of the table for one program, one cap in uA and one load."""
    train = cycle(program)
    longest_us = longest_phase_us(program)
    inner_us = shortest_period_us(program)
    phase_us, rate_pps = busiest(program, train)
    peak_ma = into(set_ua(ua, board), ohm, board) / 1_000
    duty = 2 * phase_us * 1e-6 * rate_pps
    rms_ma = peak_ma * math.sqrt(duty)
    area_cm2 = electrode_mm2 / 100
    values = {
        "peak_ma": peak_ma,
        "peak_v": peak_ma * ohm / 1_000,
        "open_v": board["COMPLIANCE_MV"] / 1_000,
        "phase_us": float(longest_us),
        "gap_us": float(program["gap_us"]),
        "rate_pps": 1e6 / inner_us,
        "phase_uc": peak_ma * longest_us / 1_000,
        "net_nc": 0.0,
        "net_ua": 0.0,
        "rms_ma": rms_ma,
        "average_ma": peak_ma * duty,
        "density_ma_cm2": rms_ma / area_cm2,
        "power_w_cm2": (rms_ma / 1_000) ** 2 * ohm / area_cm2,
        "energy_mj": (peak_ma / 1_000) ** 2 * ohm * 2 * longest_us * 1e-6 * 1_000,
    }
    return AtLoad(ohm, set_ua(ua, board) / 1_000, values, trip(ua, ohm, board))


def area_mm2(rx: dict, board: dict) -> int:
    """The electrode that density is judged on: as declared, or the board's smallest."""
    area: int = electrode_mm2(rx, board)
    return area


def judged(program: dict, ua: int) -> dict[str, float]:
    """What the device's own limit check takes for the program, with its code: longest phase at
    the highest rate, at the cap.
    """
    phase_us, rate = longest_phase_us(program), busiest_mpps(program)
    return {
        "phase_uc": limits.charge_nc(ua, phase_us) / 1_000,
        "rms_ma": limits.rms_ua(ua, phase_us, rate) / 1_000,
        "average_ma": limits.average_ua(ua, phase_us, rate) / 1_000,
    }
