"""What left the pins, from edges alone: pulses, balance of the two legs, and when outputs went
off.
"""

from collections.abc import Iterable

# Clock, gpio, level
Edge = tuple[int, int, int]


def channel_counts(
    edges: Iterable[Edge], first_levels: list[int], leg_a: int, leg_b: int, hv_en: int, end: int
) -> tuple[int, int]:
    """(pulses, clocks of leg A minus clocks of leg B), both while HV_EN is high.

    A pulse that is still under way when the record ends has begun, but says nothing about balance
    yet.
    """
    levels = {gpio: first_levels[gpio] for gpio in (leg_a, leg_b, hv_en)}
    pulses = balance = before_pulse = since = 0
    for clock, gpio, level in edges:
        if gpio not in levels:
            continue
        balance += (clock - since) * _flowing(levels, leg_a, leg_b, hv_en)
        since = clock
        levels[gpio] = level
        if gpio == leg_a and level and levels[hv_en]:
            pulses, before_pulse = pulses + 1, balance
    balance += (end - since) * _flowing(levels, leg_a, leg_b, hv_en)
    return pulses, before_pulse if levels[hv_en] and pulses else balance


def _flowing(levels: dict[int, int], leg_a: int, leg_b: int, hv_en: int) -> int:
    return (levels[leg_a] - levels[leg_b]) if levels[hv_en] else 0


def outputs_off_clock(edges: Iterable[Edge], hv_en: int, latched: int) -> int | None:
    """When HV_EN fell for the fault that was latched at a clock; None where it was not on."""
    fallen, on = None, False
    for clock, gpio, level in edges:
        if gpio != hv_en:
            continue
        if level:
            if clock > latched:
                break
            on, fallen = True, None
        elif on and fallen is None:
            fallen = clock
    return fallen
