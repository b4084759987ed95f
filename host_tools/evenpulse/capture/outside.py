"""What outputs do outside of every train that is measured: pulses of a channel that nobody
prescribed, a train that one channel has and the other has not, a leg that does not go low.
"""

from collections.abc import Iterator

import numpy as np

from evenpulse.base.printable import counted
from evenpulse.capture import asked
from evenpulse.capture.edges import PS_PER_NS, PS_PER_S, PS_PER_US, Capture, Pin, Times
from evenpulse.capture.finding import Finding, of_channel
from evenpulse.capture.legs import GLITCH_PS
from evenpulse.capture.pins import Named, longest_us

_CHANNELS = (1, 2)
# Of two trains at the same rate, a pulse of the other is never further away than half a step.
_BESIDE_STEPS = 0.75
# Crystals are off by less.
_LONGER = 1.01

Trains = dict[int, list[Times]]


def findings(capture: Capture, named: Named, trains: Trains, program: dict) -> list[Finding]:
    """`trains`: {channel: the starts of each of its trains}."""
    return [
        *_not_prescribed(capture, named, program),
        *_one_alone(capture, trains, program),
        *_high(capture, named, program),
    ]


def _not_prescribed(capture: Capture, named: Named, program: dict) -> Iterator[Finding]:
    for number, leg, pin in _legs(named, set(_CHANNELS) - set(program["channels"])):
        times = len(pin.rises()) + pin.first
        if times:
            at_s = (capture.begin_ps if pin.first else int(pin.rises()[0])) / PS_PER_S
            text = f"leg {leg} is high {counted(times, 'time')}, the first at {at_s:.6f} s, "
            text = f"{of_channel(number)}{text}and the program is not for this channel"
            yield Finding("not prescribed", number, text, at_s, times=times)


def _legs(named: Named, channels: set[int]) -> Iterator[tuple[int, str, Pin]]:
    for number in sorted(channels):
        for leg in "AB":
            pin = named.lines.get(f"CH{number}_{leg}")
            if pin is not None:
                yield number, leg, pin


def _one_alone(capture: Capture, trains: Trains, program: dict) -> Iterator[Finding]:
    if len(trains) < 2:
        return
    one, two = sorted(trains)
    late_ps = program["offset_us"] * PS_PER_US
    for number, other, by_ps in ((two, one, late_ps), (one, two, -late_ps)):
        alone = [_alone(capture, there + by_ps, trains[number], program) for there in trains[other]]
        goal = np.concatenate(alone) if alone else np.zeros(0, dtype=np.int64)
        if len(goal):
            at_s = int(goal[0]) / PS_PER_S
            text = f"{of_channel(number)}{len(goal)} missing where channel {other} has its pulses"
            text += f", the first at {at_s:.6f} s"
            yield Finding("pulses missing", number, text, at_s, times=len(goal))


def _alone(capture: Capture, goal: Times, trains: list[Times], program: dict) -> Times:
    """Where pulses should be, by the other channel, and there is no train."""
    beside_ps = round(_BESIDE_STEPS * asked.longest_step_ps(program))
    alone = np.ones(len(goal), dtype=bool)
    for starts in trains:
        alone &= (goal < starts[0] - beside_ps) | (goal > starts[-1] + beside_ps)
    # A session may end between the pulses of two channels.
    if len(alone) > 1 and not alone[-2] or len(alone) == 1:
        alone[-1] = False
    pulse_ps = (2 * longest_us(program) + program["gap_us"]) * PS_PER_US
    alone &= (goal > capture.begin_ps + pulse_ps) & (goal + 2 * pulse_ps < capture.end_ps)
    return goal[alone]


def _high(capture: Capture, named: Named, program: dict) -> Iterator[Finding]:
    """What the beginning or the end of a capture cuts off is no phase, when it is too long."""
    most_ps = _LONGER * longest_us(program) * PS_PER_US + GLITCH_PS
    for number, leg, pin in _legs(named, set(program["channels"])):
        edges = [capture.begin_ps, *pin.ps[:1].tolist(), *pin.ps[-1:].tolist(), capture.end_ps]
        for where, high, begin, end in (
            ("beginning", pin.first, edges[0], edges[1]),
            ("end", len(pin.ps) and pin.first ^ len(pin.ps) & 1, edges[-2], edges[-1]),
        ):
            if high and end - begin > most_ps:
                text = f"{of_channel(number)}leg {leg} is high at the capture's {where} for "
                text += f"{(end - begin) / PS_PER_NS:.0f} ns, and perhaps longer"
                size_ns = (end - begin) / PS_PER_NS
                yield Finding("leg stays high", number, text, begin / PS_PER_S, size_ns, size_ns)
