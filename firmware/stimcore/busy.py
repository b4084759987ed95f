"""What follows from a program in device form: its longest phase, its shortest period, how busy it
is. What limits are judged at.
"""

from stimcore.pulse import period_us

_SECOND_US = 1_000_000


def longest_phase_us(program):
    """Longest phase the program can make."""
    return max(program["sweep"]["phase_us"]) if "sweep" in program else program["phase_us"]


def pulse_us(program):
    """Longest time from the start of phase A to the end of phase B."""
    return 2 * longest_phase_us(program) + program["gap_us"]


def shortest_period_us(program):
    """Shortest time between two pulse starts of one channel."""
    return period_us(
        max(program["sweep"]["rate_mpps"]) if "sweep" in program else program["rate_mpps"]
    )


def busiest_mpps(program):
    """Most pulses in any one second, in thousandths: what r.m.s., average and power limits are
    judged at.

    Whole pulses: a second that begins with a pulse, or with a burst, has the most of them.
    """
    shortest_us, burst = shortest_period_us(program), program.get("burst")
    if not burst:
        return 1_000 * _fit(_SECOND_US, shortest_us)
    burst_us = period_us(burst["per_s_mpps"])
    bursts, rest_us = _SECOND_US // burst_us, _SECOND_US % burst_us
    return 1_000 * (bursts * burst["pulses"] + min(burst["pulses"], _fit(rest_us, shortest_us)))


def _fit(length_us, period):
    """How many pulses begin in a time that begins with one."""
    return -(-length_us // period)
