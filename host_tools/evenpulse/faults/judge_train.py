"""Judges whether what left the pins is the train that was prescribed: shape, order, count,
offset, and its end.

A fault may spoil pulses until somebody has had time to answer, REACTION_MS from the first that is
spoiled: what is still wrong then is a finding. Like `judge` it knows the prescription in plain
numbers, and no code of the firmware.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from evenpulse.faults.judge_base import (
    CLOCKS_PER_MS,
    CLOCKS_PER_US,
    REACTION_MS,
    Interval,
    Prescription,
    Seen,
    Unsafe,
    us,
)

# Contract T1, T2 and T4 are 0 clocks: a clock is left to the model of the pins
CLOCK = 1


@dataclass(frozen=True)
class Pulse:
    """Both phases of a channel as clocks; None for a phase that did not come."""

    a: Interval | None
    b: Interval | None

    @property
    def begin(self) -> int:
        return (self.a or self.b or (0, 0))[0]

    @property
    def end(self) -> int:
        return (self.b or self.a or (0, 0))[1]

    @property
    def gap(self) -> int | None:
        return self.b[0] - self.a[1] if self.a and self.b else None


def pulses(seen: Seen, rx: Prescription, channel: int) -> list[Pulse]:
    """Each A with the B that follows it within a pulse's time; what has no partner stands alone."""
    phases = sorted(
        [(*phase, "A") for phase in seen.drive[f"CH{channel}_A"]]
        + [(*phase, "B") for phase in seen.drive[f"CH{channel}_B"]]
    )
    found: list[Pulse] = []
    for begin, end, leg in phases:
        last = found[-1] if found else None
        if leg == "B" and last and last.a and not last.b and begin - last.begin < rx.pulse_clocks:
            found[-1] = Pulse(last.a, (begin, end))
        else:
            found.append(Pulse((begin, end), None) if leg == "A" else Pulse(None, (begin, end)))
    return found


def _after(seen: Seen, rx: Prescription, channel: int) -> list[Pulse]:
    """Those that begin after the fault and are not cut by what stops the output."""
    return [
        pulse
        for pulse in pulses(seen, rx, channel)
        if pulse.begin >= seen.record.fault and not cut(seen, rx, pulse)
    ]


def cut(seen: Seen, rx: Prescription, pulse: Pulse) -> bool:
    """A trip cuts a pulse, or the record ends in it; a person's PAUSE and END never do."""
    begin, end = pulse.begin, pulse.begin + rx.pulse_clocks
    fell = [fall for _, fall in seen.hv if begin < fall <= end] + [
        clock for clock in seen.record.resets if begin < clock <= end
    ]
    by_hand = seen.record.over is not None and not seen.record.noticed
    return seen.record.end <= end or bool(fell) and not by_hand


def lasting(clocks: Iterable[int]) -> list[int]:
    """What is still there REACTION_MS after the first."""
    found = sorted(clocks)
    return [clock for clock in found if clock > found[0] + REACTION_MS * CLOCKS_PER_MS]


def shape(seen: Seen, rx: Prescription) -> Iterator[Unsafe]:
    """Order, duration and gap of each pulse's phases."""
    wanted, gap = rx.phase_us * CLOCKS_PER_US, rx.gap_us * CLOCKS_PER_US
    wrong: dict[str, Callable[[Pulse], bool]] = {
        "phases out of order": lambda pulse: pulse.a is None or pulse.b is None,
        "phase not as prescribed": lambda pulse: any(
            abs(e - b - wanted) > CLOCK  # type: ignore[misc]
            for b, e in (pulse.a, pulse.b)
            if (b, e)
        ),
        "gap not as prescribed": lambda pulse: abs((pulse.gap or 0) - gap) > CLOCK,
    }
    for channel in rx.channels:
        after = _after(seen, rx, channel)
        whole = [pulse for pulse in after if pulse.a and pulse.b]
        for kind, is_wrong in wrong.items():
            bad = [
                pulse
                for pulse in (after if kind == "phases out of order" else whole)
                if is_wrong(pulse)
            ]
            for clock in lasting(pulse.begin for pulse in bad):
                yield Unsafe(
                    kind,
                    clock,
                    (
                        f"channel {channel}: {_told(next(p for p in bad if p.begin == clock))}, "
                        f"asked {rx.phase_us} · {rx.gap_us} · {rx.phase_us} us"
                    ),
                )
        # One pulse shows it; a second one may not come.
        for pulse in [
            pulse for pulse in whole if (pulse.gap or 0) < rx.dead_us * CLOCKS_PER_US - CLOCK
        ][1:]:
            yield Unsafe(
                "gap below the dead time",
                pulse.begin,
                f"channel {channel}: {_told(pulse)}, never below {rx.dead_us} us",
            )


def _told(pulse: Pulse) -> str:
    parts = [
        us(*pulse.a) if pulse.a else None,
        None if pulse.gap is None else pulse.gap / CLOCKS_PER_US,
        us(*pulse.b) if pulse.b else None,
    ]
    return " · ".join("none" if part is None else f"{part:.2f}" for part in parts)


def count(seen: Seen, rx: Prescription) -> Iterator[Unsafe]:
    """Each pulse comes when it is due: a period after the one before, or after the pause between
    two bursts.
    """
    due = {rx.period_us * CLOCKS_PER_US, rx.pause_us * CLOCKS_PER_US} - {0}
    for channel in rx.channels:
        begins = [pulse.begin for pulse in _after(seen, rx, channel) if pulse.a]
        wrong = {
            b: b - a
            for a, b in zip(begins, begins[1:], strict=False)
            if min(abs(b - a - one) for one in due) > CLOCK and not _between(seen, a, b)
        }
        for clock in lasting(wrong):
            yield Unsafe(
                "period not as prescribed",
                clock,
                f"channel {channel}: {wrong[clock] / CLOCKS_PER_US:.2f} us",
            )


def _between(seen: Seen, begin: int, end: int) -> bool:
    """A person paused and went on, or the output was off, between two pulses."""
    return any(begin < fall <= end for _, fall in seen.hv)


def offset(seen: Seen, rx: Prescription) -> Iterator[Unsafe]:
    """Channels that were prescribed apart do not meet. How far channel 2 is off is a figure: by
    itself it harms nobody.
    """
    least = (rx.pulse_clocks // CLOCKS_PER_US, rx.period_us - rx.pulse_clocks // CLOCKS_PER_US)
    if not least[0] <= rx.offset_us <= least[1]:
        return
    both = lasting(
        clock
        for clock, late_us in offsets(seen, rx)
        if not least[0] <= (late_us + rx.offset_us) % rx.period_us <= least[1]
    )
    for clock in both:
        yield Unsafe("channels meet", clock, f"asked {rx.offset_us} us apart")


def offsets(seen: Seen, rx: Prescription) -> list[tuple[int, float]]:
    """(begin of a pulse of channel 2, how many us it comes later after channel 1 than
    prescribed), after the fault, while both run.
    """
    if rx.channels != (1, 2):
        return []
    one, two = (
        [pulse.begin for pulse in _after(seen, rx, channel) if pulse.a] for channel in (1, 2)
    )
    near, found = rx.period_us * CLOCKS_PER_US // 2, []
    for begin in two:
        wanted = begin - rx.offset_us * CLOCKS_PER_US
        at = bisect_left(one, wanted - near)
        found += [
            (begin, us(first, wanted))
            for first in sorted(one[at : at + 2], key=lambda first: abs(first - wanted))[:1]
            if abs(first - wanted) <= near
        ]
    return found


def ending(seen: Seen, rx: Prescription) -> Iterator[Unsafe]:
    """A session that a person has paused or ended, or whose time is over: its last pulse is
    whole, and none follows.
    """
    record = seen.record
    if record.over is None:
        return
    until = record.end if record.started is None else record.started
    late = [b for b, _ in seen.live if record.over < b < until]
    if late:
        yield Unsafe(
            "a pulse after the end",
            late[0],
            f"{us(record.over, late[0]) / 1000:.2f} ms after it had to be over",
        )
    for channel in () if record.noticed else rx.channels:
        for pulse in pulses(seen, rx, channel):
            b, e = pulse.b or (0, 0)
            if (
                pulse.begin > record.fault
                and pulse.end <= record.over
                and (not pulse.a or e - b < rx.phase_us * CLOCKS_PER_US - CLOCK)
            ):
                yield Unsafe(
                    "a pulse cut by the end", pulse.end, f"channel {channel}: {_told(pulse)}"
                )


CHECKS = (shape, count, offset, ending)
