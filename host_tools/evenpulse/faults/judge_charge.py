"""Judges the net charge of a channel: each pulse gives back what it took."""

from bisect import bisect_right
from collections.abc import Iterable

from evenpulse.faults.judge_base import (
    CLOCKS_PER_MS,
    CLOCKS_PER_S,
    CLOCKS_PER_US,
    IMBALANCE,
    STOP_MS,
    Interval,
    Prescription,
    Seen,
    Unsafe,
    grouped,
)
from evenpulse.twin.load import Flow


def unbalanced(seen: Seen, rx: Prescription) -> Iterable[Unsafe]:
    """Net charge of the pulses of a second, while the output goes on for longer than a stop may
    take.
    """
    allowed_nc = IMBALANCE * rx.phase_nc
    for channel, flows in seen.record.flows.items():
        for clock, net in sums(seen, rx, channel):
            if abs(net) > allowed_nc:
                on = [
                    flow.begin
                    for flow in flows
                    if flow.begin > clock + STOP_MS * CLOCKS_PER_MS and flow.nc
                ]
                if on:
                    yield Unsafe(
                        "net charge",
                        clock,
                        (
                            f"channel {channel} {net:+.0f} nC within a second, at most "
                            f"{allowed_nc:.0f}"
                        ),
                    )
                break


def sums(seen: Seen, rx: Prescription, channel: int) -> list[tuple[int, float]]:
    """(clock, net charge in nC of the second before it) after each pulse since the fault.

    Two pulses cannot be balanced any more: the one that a fault strikes, and the one that a trip
    cuts. Each is one phase's charge at the most, which the series capacitor takes; `struck_nc`
    tells the first.
    """
    pulses = [pulse for pulse in since(seen, rx, channel) if pulse[0].begin >= seen.record.fault]
    if (
        pulses
        and (seen.off is not None or seen.record.stop is not None)
        and _is_cut(pulses[-1], seen.hv)
    ):
        pulses.pop()
    ends = [pulse[-1].end for pulse in pulses]
    nets = [net_nc(pulse) for pulse in pulses]
    return [
        (end, sum(nets[bisect_right(ends, end - CLOCKS_PER_S) : n + 1]))
        for n, end in enumerate(ends)
    ]


def net_nc(pulse: list[Flow]) -> float:
    return sum(flow.sign * flow.nc for flow in pulse)


def since(seen: Seen, rx: Prescription, channel: int) -> list[list[Flow]]:
    return grouped(seen.record.flows[channel], seen.record.fault, rx.pulse_clocks)


def _is_cut(pulse: list[Flow], hv: list[Interval]) -> bool:
    """HV_EN fell in this pulse, or it lacks its second phase because of that."""
    span = pulse[0].begin, pulse[-1].end
    return (
        any(span[0] < fall <= span[1] for _, fall in hv)
        or len(pulse) == 1
        and any(span[1] <= fall < span[1] + 600 * CLOCKS_PER_US for _, fall in hv)
    )
