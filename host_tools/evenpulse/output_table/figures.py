"""What the pulses that flowed through one channel's load come to: the table's values, held against
the program that asked for them.
"""

import math

from evenpulse.output_table import compute
from evenpulse.twin.load import Flow
from evenpulse.twin.waveform import CLOCKS_PER_US, PulseReader, Whole

_CLOCKS_PER_S = 125_000_000
# A pulse of the held amplitude has this part of the highest current
_AT_FULL = 0.995
_TRACE_PULSES = 6


class Figures:
    """Of one channel of a program into one load. `pulses`: the whole ones."""

    def __init__(self, program: dict, ohm: int, area_cm2: float, flows: list[Flow]):
        self._program, self._ohm, self._area_cm2 = program, ohm, area_cm2
        self._cycle_us = sum(one.step_us for one in compute.cycle(program))
        self._peak_ua = max((one.peak_ua for one in flows), default=0.0)
        self.pulses = list(PulseReader[Flow]().read(flows))
        self._held = self._longest_held()

    def values(self) -> dict[str, float]:
        """The table's values that this run has shown; a sweep that it did not see whole has no
        maximum.
        """
        held = self._held
        peak_ma = self._peak_ua / 1_000
        values = {"peak_ma": peak_ma, "peak_v": peak_ma * self._ohm / 1_000}
        span_us = (held[-1].a.begin - held[0].a.begin) / CLOCKS_PER_US if held else 0
        if span_us < self._cycle_us:
            return values
        nets = [one.a.nc - one.b.nc for one in held]
        steps = [
            after.a.begin - before.a.begin for before, after in zip(held, held[1:], strict=False)
        ]
        rate, busy = self._busiest(steps)
        charge_nc, square = busy.a.nc + busy.b.nc, _square(busy)
        rms_ma = math.sqrt(square * rate)
        values.update(
            {
                "phase_us": max(one.end - one.begin for pulse in held for one in (pulse.a, pulse.b))
                / CLOCKS_PER_US,
                "gap_us": max(one.b.begin - one.a.end for one in held) / CLOCKS_PER_US,
                "rate_pps": _CLOCKS_PER_S / min(steps),
                "phase_uc": max(max(one.a.nc, one.b.nc) for one in held) / 1_000,
                "net_nc": max(nets, key=abs),
                "net_ua": max(map(abs, nets)) * rate / 1_000,
                "rms_ma": rms_ma,
                "average_ma": charge_nc * rate / 1e6,
                "density_ma_cm2": rms_ma / self._area_cm2,
                "power_w_cm2": (rms_ma / 1_000) ** 2 * self._ohm / self._area_cm2,
                "energy_mj": max(map(_square, held)) * 1e-6 * self._ohm * 1_000,
            }
        )
        return values

    def _busiest(self, steps: list[int]) -> tuple[float, Whole[Flow]]:
        """(pulses a second, such a pulse) of the busiest second that was seen."""
        held = self._held
        if "sweep" in self._program:
            index = max(range(len(steps)), key=lambda i: held[i].a.nc / steps[i])
            return _CLOCKS_PER_S / steps[index], held[index]
        strongest = max(held, key=lambda one: one.a.nc)
        if "burst" not in self._program:
            return _CLOCKS_PER_S * len(steps) / sum(steps), strongest
        pulses = self._program["burst"]["pulses"]
        bursts = [held[i + pulses].a.begin - held[i].a.begin for i in range(len(held) - pulses)]
        return min(
            _CLOCKS_PER_S / min(steps), pulses * max(_CLOCKS_PER_S / min(bursts), 1.0)
        ), strongest

    def worst_clocks(self, other_begin: int | None) -> int:
        """Largest difference of any phase, gap or period of the run from the train that was
        prescribed, and of its offset from where the other channel began.
        """
        worst = 0
        gap = self._program["gap_us"] * CLOCKS_PER_US
        wanted = compute.timings(self._program, len(self.pulses))
        for index, (one, timing) in enumerate(zip(self.pulses, wanted, strict=True)):
            phase = timing.phase_us * CLOCKS_PER_US
            errors = [
                one.a.end - one.a.begin - phase,
                one.b.begin - one.a.end - gap,
                one.b.end - one.b.begin - phase,
            ]
            if index + 1 < len(self.pulses):
                errors.append(
                    self.pulses[index + 1].a.begin - one.a.begin - timing.step_us * CLOCKS_PER_US
                )
            worst = max(worst, *map(abs, errors))
        if other_begin is not None and self.pulses:
            apart = self.pulses[0].a.begin - other_begin
            worst = max(worst, abs(apart - self._program.get("offset_us", 0) * CLOCKS_PER_US))
        return worst

    def trace_clock(self) -> int:
        """Where the first pulse of the trace begins."""
        return self._shown()[0].a.begin

    def trace(self) -> list[list[float]]:
        """Flows of a few pulses, for a picture: from the longest phase of a sweep, from the
        first pulse of a burst.
        """
        shown = self._shown()
        return [
            [
                (one.begin - shown[0].a.begin) / CLOCKS_PER_US,
                (one.end - shown[0].a.begin) / CLOCKS_PER_US,
                one.sign * one.nc / (one.end - one.begin) * CLOCKS_PER_US,
            ]
            for pulse in shown
            for one in (pulse.a, pulse.b)
        ]

    def _shown(self) -> list[Whole[Flow]]:
        held = self._held
        first, count = 0, _TRACE_PULSES
        if "sweep" in self._program:
            first = max(range(len(held)), key=lambda i: held[i].a.end - held[i].a.begin, default=0)
        elif "burst" in self._program:
            steps = [
                after.a.begin - before.a.begin
                for before, after in zip(held, held[1:], strict=False)
            ]
            first = steps.index(max(steps)) + 1 if steps else 0
            count = self._program["burst"]["pulses"] + 2
        return held[first : first + count]

    def _longest_held(self) -> list[Whole[Flow]]:
        """The longest stretch of pulses at the full current, and at the full phase duration
        where that is not to change.
        """
        longest = max((one.a.end - one.a.begin for one in self.pulses), default=0)
        least_ua = _AT_FULL * self._peak_ua
        best: list[Whole[Flow]] = []
        stretch: list[Whole[Flow]] = []
        for one in self.pulses:
            full = min(one.a.peak_ua, one.b.peak_ua) >= least_ua > 0 and (
                "sweep" in self._program or one.a.end - one.a.begin == longest
            )
            stretch = [*stretch, one] if full else []
            best = max(best, stretch, key=len)
        return best


def _square(pulse: Whole[Flow]) -> float:
    """Time integral of the squared current of one pulse, in mA² s; the current of a phase into a
    resistor is constant.
    """
    return sum(
        (one.nc / (one.end - one.begin) * CLOCKS_PER_US) ** 2
        * (one.end - one.begin)
        / _CLOCKS_PER_S
        for one in (pulse.a, pulse.b)
    )
