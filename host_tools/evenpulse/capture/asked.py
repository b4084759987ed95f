"""What a program asks of the pins, worked out from the prescription alone: start and phase of each
pulse. Nothing of the firmware's own train is used, so both cannot be wrong alike.

A period is the whole number of µs nearest to 1 000 000 / rate. A burst begins at its own period. A
sweep takes rate and phase of the ms in which a pulse begins, there and back, in 4096 steps.
"""

import functools
from dataclasses import dataclass

import numpy as np

from evenpulse.capture.edges import PS_PER_US, Times

_SWEEP_STEPS = 4_096
# Where a ramp of the phase begins: the shortest legal one.
_RAMP_FROM_US = 20
_NS_PER_MS = 1_000_000_000


@dataclass(frozen=True)
class Train:
    """Starts since the first pulse, and phases; both in ps, one a pulse."""

    starts: Times
    phases: Times


def period_us(rate_mpps: int) -> int:
    return (2 * _NS_PER_MS + rate_mpps) // (2 * rate_mpps)


def unit(program: dict) -> tuple[int, int]:
    """(pulses, ps) after which the train is the same again; (0, 0) if it never is."""
    if program.get("ramp") == "phase" or "sweep" in program:
        return 0, 0
    if burst := program.get("burst"):
        return burst["pulses"], period_us(burst["per_s_mpps"]) * PS_PER_US
    return 1, period_us(program["rate_mpps"]) * PS_PER_US


def longest_step_ps(program: dict) -> int:
    """The longest time from one pulse to the next."""
    if sweep := program.get("sweep"):
        return period_us(min(sweep["rate_mpps"])) * PS_PER_US
    if burst := program.get("burst"):
        inner_us = period_us(burst["inner_mpps"])
        return (period_us(burst["per_s_mpps"]) - (burst["pulses"] - 1) * inner_us) * PS_PER_US
    return period_us(program["rate_mpps"]) * PS_PER_US


def first_pulses(program: dict, count: int) -> Train:
    """The first `count` pulses of a train."""
    if "sweep" in program:
        return _swept(program["sweep"], count)
    k = np.arange(count, dtype=np.int64)
    if burst := program.get("burst"):
        starts_us = k // burst["pulses"] * period_us(burst["per_s_mpps"])
        starts_us += k % burst["pulses"] * period_us(burst["inner_mpps"])
    else:
        starts_us = k * period_us(program["rate_mpps"])
    phases_us = np.full(count, program["phase_us"], dtype=np.int64)
    if program.get("ramp") == "phase":
        span_us = program["phase_us"] - _RAMP_FROM_US
        phases_us = _RAMP_FROM_US + span_us * _permille(program, starts_us // 1_000) // 1_000
    return Train(starts_us * PS_PER_US, phases_us * PS_PER_US)


def _permille(program: dict, ms: Times) -> Times:
    """Share of a ramp: up once, or up and down in every on time; 0 in the off time."""
    up, down = program["ramp_up_ms"], program["ramp_down_ms"]
    on = program.get("on_ms")
    if on:
        ms = ms % (on + program["off_ms"])
    share = np.minimum(1_000, 1_000 * ms // up) if up else np.full(len(ms), 1_000)
    if on:
        if down:
            share = np.where(ms > on - down, 1_000 * (on - ms) // down, share)
        share = np.where(ms >= on, 0, share)
    return share.astype(np.int64)


def _swept(sweep: dict, count: int) -> Train:
    """Worked out to a power of two: who asks for more and more of one train finds most of it."""
    made = _worked_out(
        sweep["period_ms"] // 2,
        tuple(sweep["rate_mpps"]),
        tuple(sweep["phase_us"]),
        1 << (count - 1).bit_length(),
    )
    return Train(made.starts[:count], made.phases[:count])


@functools.lru_cache(maxsize=8)
def _worked_out(
    half_ms: int, rate_mpps: tuple[int, int], phase_us: tuple[int, int], count: int
) -> Train:
    periods_us = [period_us(one) for one in _in_steps(*rate_mpps)]
    starts_us, steps, at_us = [], [], 0
    for _ in range(count):
        ms = at_us // 1_000 % (2 * half_ms)
        step = min(ms, 2 * half_ms - ms) * _SWEEP_STEPS // half_ms
        starts_us.append(at_us)
        steps.append(step)
        at_us += periods_us[step]
    starts = np.array(starts_us, dtype=np.int64) * PS_PER_US
    phases = np.array(_in_steps(*phase_us), dtype=np.int64)[steps] * PS_PER_US
    # Whoever asks again is given the same
    for one in (starts, phases):
        one.setflags(write=False)
    return Train(starts, phases)


def _in_steps(begin: int, end: int) -> list[int]:
    return [begin + (end - begin) * step // _SWEEP_STEPS for step in range(_SWEEP_STEPS + 1)]
