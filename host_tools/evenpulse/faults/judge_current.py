"""Judges whether the currents of a train are those that were set, and how they rise. What is still
wrong when somebody has had time to answer is a finding, as in `judge_train`.
"""

from collections.abc import Iterator

from evenpulse.faults.judge_base import (
    CLOCKS_PER_MS,
    CLOCKS_PER_US,
    Prescription,
    Seen,
    Unsafe,
    grouped,
)
from evenpulse.faults.judge_train import Pulse, cut, lasting

# "at most a few steps a second" from a button, however it chatters
CLIMB_STEPS = 5
_SECOND = 1_000 * CLOCKS_PER_MS
# A dip shorter than that, as of a loose lead, is no rise afterwards
_FELT_CLOCKS = 200 * CLOCKS_PER_MS
# The amplitude's own steps
_RESOLUTION_UA = 100


def strength(seen: Seen, rx: Prescription) -> Iterator[Unsafe]:
    """What flows is what was set, within a step and a tenth; less, down to half, where the load
    asks for more than the source has.
    """
    margin = rx.step_ua + rx.set_ua / 10
    most, least = rx.set_ua + margin, rx.set_ua / 2 if seen.demand.load else rx.set_ua - margin
    for channel, found in _peaks(seen, rx).items():
        wrong = {
            clock: ua
            for clock, ua in found
            if ua > most or ua < least and rx.steady and not _asked_to_stop(seen, clock)
        }
        for clock in lasting(wrong):
            yield Unsafe(
                "current not as set",
                clock,
                f"channel {channel} {wrong[clock] / 1000:.2f} mA, set {rx.set_ua / 1000:g}",
            )


def _asked_to_stop(seen: Seen, clock: int) -> bool:
    """From then on the current may be anywhere below."""
    return any(
        asked is not None and asked <= clock
        for asked in (seen.record.over, seen.record.stop, seen.record.started)
    )


def rise(seen: Seen, rx: Prescription) -> Iterator[Unsafe]:
    """From pulse to pulse no faster than the slew, and not more than a few steps in a second.
    What is too strong once is what shows it.
    """
    for channel, found in _peaks(seen, rx, all_of_them=True).items():
        felt = _felt(seen, found)
        jumps = [
            (then, ua - before)
            for (at, before), (then, ua), (_, following) in zip(
                felt, found, found[1:], strict=False
            )
            if then >= seen.record.fault and min(ua, following) > _allowed(rx, before, then - at)
        ]
        climbs = {
            then: ua - before
            for n, (at, before) in enumerate(found)
            for then, ua in found[n + 1 :]
            if then >= seen.record.fault
            and then - at <= _SECOND
            and ua - before > CLIMB_STEPS * rx.step_ua + _RESOLUTION_UA
        }
        if jumps:
            yield Unsafe(
                "rises too fast",
                jumps[0][0],
                f"channel {channel} {jumps[0][1] / 1000:.2f} mA from one pulse to the next",
            )
        elif len(climbs) > 1:
            clock = sorted(climbs)[1]
            yield Unsafe(
                "climbs too fast",
                clock,
                f"channel {channel} {climbs[clock] / 1000:.2f} mA in a second",
            )


def _felt(seen: Seen, found: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """What had been felt before each pulse: the strongest of the last moment, or nothing since
    the output came on.
    """
    felt: list[tuple[int, float]] = []
    for n, (then, ua) in enumerate(found):
        on = max((b for b, _ in seen.hv if b <= then), default=0)
        before = [
            (at, one) for at, one in found[:n] if at >= max(on, then - _FELT_CLOCKS)
        ] or found[max(0, n - 1) : n]
        if on > seen.record.begin and not any(at >= on for at, _ in before):
            felt.append((on, 0.0))
        else:
            felt.append(
                (before[-1][0], max(one for _, one in before))
                if before
                else (seen.record.begin, ua)
            )
    return felt


def _allowed(rx: Prescription, before_ua: float, clocks: int) -> float:
    """What was not felt does not count: the time without pulses is no time to rise, but for the
    presses between two bursts.
    """
    milliseconds = min(clocks / CLOCKS_PER_MS, rx.period_us / 1000)
    presses = CLIMB_STEPS * min(clocks, rx.pause_us * CLOCKS_PER_US) / _SECOND
    return (
        before_ua * 1.1
        + max(rx.slew_ua_per_ms * milliseconds, rx.step_ua, rx.step_ua * presses)
        + _RESOLUTION_UA
    )


def _peaks(
    seen: Seen, rx: Prescription, all_of_them: bool = False
) -> dict[int, list[tuple[int, float]]]:
    """{channel: (begin, highest current) of its pulses} after the fault, or also before it;
    without those that a stop cuts short.
    """
    since = seen.record.begin if all_of_them else seen.record.fault
    return {
        channel: [
            (pulse[0].begin, max(flow.peak_ua for flow in pulse))
            for pulse in grouped(flows, since, rx.pulse_clocks)
            if pulse[0].begin >= since
            and not cut(seen, rx, Pulse((pulse[0].begin, pulse[-1].end), None))
        ]
        for channel, flows in seen.record.flows.items()
    }


CHECKS = (strength, rise)
