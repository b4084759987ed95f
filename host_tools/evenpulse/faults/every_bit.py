"""Each bit of each PIO instruction, flipped at several places of a pulse: what the pulses that
follow leave in the person.

`python -m evenpulse.faults.every_bit` prints the worst, in shares of one phase's charge. The
instruction is rewritten within a round, so what counts is the pulse or two until then: no phase
longer than the longest, never both legs, and no more net charge than one phase carries, which
nobody can take back once phase A has flowed. And what goes on stays balanced: no pulse that began
after the flip leaves charge while nobody cuts.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from evenpulse.base.errors import Problem
from evenpulse.emulator import fork
from evenpulse.faults import judge, situations
from evenpulse.twin.states import name as state_name
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin

BITS = [(block, place, bit) for block in (0, 1) for place in range(32) for bit in range(16)]
_CLOCKS_PER_US = 125
# Four rounds
_AFTER_MS = 45
# Pulses that a bit is tried at: one of them comes before a round
_PULSES_TRIED = 9
# Waits for a trigger: no machine is there once a train runs
_NOBODY_S_PLACE = 5
# The slowest program has one a second
_PULSE_WITHIN = 2_000 * CLOCKS_PER_MS
_ROLES = (*judge.LEGS, "HV_EN")
# Contract I3, beside the longest phase
_STUCK_OFF_US = 5
_STUCK_MS = 2


@dataclass(frozen=True)
class Left:
    """One case: a bit flipped `at_us` after phase A of channel 1 began (below 0: before it)."""

    block: int
    place: int
    bit: int
    at_us: float
    # Most net charge of one pulse, in charges of one phase; over 1: more than phase A alone
    net: float
    # Pulses with more than a hundredth
    unbalanced: int
    phase_us: float
    both_us: float
    # The shortest
    gap_us: float
    stopped: bool

    @property
    def unnoticed(self) -> bool:
        """A pulse that began after the flip leaves charge, and the output goes on."""
        return not self.stopped and self.at_us < 0 and self.unbalanced > 0


def places(rx: judge.Prescription) -> dict[str, float]:
    """Where in a pulse, in us from the start of its phase A."""
    phase, gap = rx.phase_us, rx.gap_us
    return {
        "rest": -3_000.0,
        "settling": -500.0,
        "phase A": 0.3 * phase,
        "end of A": phase - 0.5,
        "gap": phase + 0.5 * gap,
        "phase B": 1.3 * phase + gap,
        "end of B": 2 * phase + gap - 0.5,
        "after": 2 * phase + gap + 20.0,
    }


def before_pulse(twin: Twin, channel: int = 1) -> int:
    """Run to where a channel begins a pulse; the clock at which it did."""
    leg, seen = twin.world.gpio(f"CH{channel}_A"), len(twin.edges)
    end = twin.now + _PULSE_WITHIN
    while twin.now < end:
        twin.run_clocks(2_000)
        rises = [clock for clock, gpio, level in twin.edges[seen:] if gpio == leg and level]
        if rises:
            return rises[-1]
    raise Problem(
        f"no pulse of channel {channel} came",
        seen=f"{_PULSE_WITHIN // CLOCKS_PER_MS} ms, state {state_name(twin.state)}",
        do_next="a session that runs is wanted: see why this one does not",
    )


def flip(
    twin: Twin, rx: judge.Prescription, start: int, which: tuple[int, int, int], at_us: float
) -> Left:
    """Play one case on a twin that is in RUNNING; it is used up."""
    block, place, bit = which
    names = {twin.world.gpio(role): role for role in _ROLES}
    for channel in twin.world.channels:
        channel.flows = []
    begin, first = twin.now, len(twin.edges)
    levels = {role: twin.chip.pads.levels[gpio] for gpio, role in names.items()}
    twin.run_to(start + round(at_us * _CLOCKS_PER_US))
    fault = twin.now
    port: Any = twin.chip.rp2040.peripherals[(0x50200, 0x50300)[block]]
    port.write_instruction(place, twin.chip.rp2040.pio[block].instructions[place] ^ 1 << bit)
    twin.run_ms(_AFTER_MS)
    for channel in twin.world.channels:
        channel.set_drive(twin.now, 0, 0)
    flows = {
        number: list(channel.flows or ()) for number, channel in enumerate(twin.world.channels, 1)
    }
    edges = [
        (clock, names[gpio], level) for clock, gpio, level in twin.edges[first:] if gpio in names
    ]
    record = judge.Record(levels, edges, flows, begin, fault, twin.now)
    high = judge.intervals(record)
    nets = [
        abs(sum(flow.sign * flow.nc for flow in pulse)) / rx.phase_nc
        for channel in flows
        for pulse in judge.grouped(flows[channel], fault, rx.pulse_clocks)
        # What the end of the record cuts is no pulse
        if pulse[0].begin + rx.pulse_clocks < twin.now
    ]
    driven = {
        leg: [one for one in judge.overlap(high[leg], high["HV_EN"]) if one[1] > fault]
        for leg in judge.LEGS
    }
    both = [e - b for n in "12" for b, e in judge.overlap(driven[f"CH{n}_A"], driven[f"CH{n}_B"])]
    gaps = [
        b - max(e for _, e in driven[f"CH{n}_A"] if e <= b)
        for n in "12"
        for b, _ in driven[f"CH{n}_B"]
        if any(e <= b for _, e in driven[f"CH{n}_A"])
    ]
    longest = max((e - b for spans in driven.values() for b, e in spans), default=0)
    return Left(
        block,
        place,
        bit,
        at_us,
        round(max(nets, default=0.0), 3),
        sum(net > 0.01 for net in nets),
        longest / _CLOCKS_PER_US,
        max(both, default=0) / _CLOCKS_PER_US,
        min(gaps, default=0) / _CLOCKS_PER_US,
        not twin.chip.pads.levels[twin.world.gpio("HV_EN")],
    )


def _strikes(twin: Twin, start: int, end: int) -> bool:
    """Does what flips half a ms before this pulse stand until its end? A round writes all anew."""
    pio = twin.chip.rp2040.pio[0]
    twin.run_to(start - CLOCKS_PER_MS // 2)
    flipped = pio.instructions[_NOBODY_S_PLACE] ^ 1
    port: Any = twin.chip.rp2040.peripherals[0x50200]
    port.write_instruction(_NOBODY_S_PLACE, flipped)
    twin.run_to(end)
    return bool(pio.instructions[_NOBODY_S_PLACE] == flipped)


def _to_be_struck(twin: Twin, rx: judge.Prescription) -> int:
    """The clock of a pulse that what flips before it strikes to its end: it depends on the compiler
    whether a round is in between.
    """
    first, period = before_pulse(twin, rx.channels[0]), rx.period_us * _CLOCKS_PER_US
    starts = [first + period * number for number in range(1, _PULSES_TRIED)]
    held = fork.each(starts, lambda start: _strikes(twin, start, start + rx.pulse_clocks))
    return next((start for start, one in zip(starts, held, strict=True) if one), starts[0])


def every(
    bits: Iterable[tuple[int, int, int]], of_places: Iterable[str], situation: int = 0
) -> list[Left]:
    """All these bits at all these places, each in a copy of one twin."""
    rx = situations.SITUATIONS[situation].prescription()
    twin = situations.running(situations.prescribed_flash(), situation)
    start = _to_be_struck(twin, rx)
    twin.run_to(start - 4 * CLOCKS_PER_MS)
    known = places(rx)
    cases = [(bit, known[name]) for name in of_places for bit in bits]
    return [
        Left(**one) for one in fork.each(cases, lambda case: asdict(flip(twin, rx, start, *case)))
    ]


@dataclass(frozen=True)
class Blind:
    """Legs that nobody watches, after a bit of PIO 1 was flipped `at_us` after a pulse began."""

    place: int
    bit: int
    at_us: float
    stopped: bool
    legs: list[str]


def blind(twin: Twin, rx: judge.Prescription, start: int, place: int, bit: int) -> Blind:
    """Play one case on a twin that is in RUNNING; it is used up."""
    at_us = round((twin.now - start) / _CLOCKS_PER_US, 1)
    port: Any = twin.chip.rp2040.peripherals[0x50300]
    port.write_instruction(place, twin.chip.rp2040.pio[1].instructions[place] ^ 1 << bit)
    twin.run_ms(_AFTER_MS)
    enabled = twin.world.gpio("HV_EN")
    if not twin.chip.pads.levels[enabled]:
        return Blind(place, bit, at_us, True, [])
    before_pulse(twin, rx.channels[0])
    # from here on no leg is driven for as long as a pulse takes
    twin.run_clocks(2 * rx.pulse_clocks + max(0, rx.offset_us) * _CLOCKS_PER_US)

    def missed(leg: str) -> bool:
        stuck, seen = twin.now, len(twin.edges)
        twin.stick(leg)
        twin.run_ms(_STUCK_MS)
        falls = [clock for clock, gpio, level in twin.edges[seen:] if gpio == enabled and not level]
        return not falls or falls[0] > stuck + (rx.phase_us + _STUCK_OFF_US) * _CLOCKS_PER_US

    legs = [f"CH{channel}_{leg}" for channel in rx.channels for leg in "AB"]
    return Blind(
        place,
        bit,
        at_us,
        False,
        [leg for leg, one in zip(legs, fork.each(legs, missed, 1), strict=True) if one],
    )


def every_blind(
    bits: Iterable[tuple[int, int]], of_places: Iterable[str], situation: int = 0
) -> list[Blind]:
    """These (place, bit) of PIO 1 at all these places of a pulse, each in a copy of one twin."""
    rx = situations.SITUATIONS[situation].prescription()
    twin = situations.running(situations.prescribed_flash(), situation)
    start = _to_be_struck(twin, rx)
    known = places(rx)
    found: list[Blind] = []
    for name in sorted(of_places, key=lambda name: known[name]):
        twin.run_to(start + round(known[name] * _CLOCKS_PER_US))
        found += [
            Blind(**one)
            for one in fork.each(list(bits), lambda case: asdict(blind(twin, rx, start, *case)))
        ]
    return found


def _tell_blind(args: argparse.Namespace, of_places: Iterable[str]) -> int:
    bits = [(place, bit) for block, place, bit in BITS if block][:: args.step]
    found = every_blind(bits, of_places, args.situation)
    if args.json:
        print(json.dumps([asdict(one) for one in found]))
        return 0
    print(
        f"PIO 1: {len(found)} cases, {sum(one.stopped for one in found)} stopped; "
        f"{sum(bool(one.legs) for one in found)} leave a leg unwatched"
    )
    for one in found:
        if one.legs:
            print(" ", one)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="evenpulse.faults.every_bit", description=__doc__.partition("\n\n")[0]
    )
    parser.add_argument(
        "--situation", type=int, default=0, help="of evenpulse.faults.situations (0)"
    )
    parser.add_argument("--step", type=int, default=1, help="every n-th of the 1024 bits (1)")
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--blind", action="store_true", help="PIO 1: which legs nobody watches afterwards"
    )
    args = parser.parse_args()
    of_places = places(situations.SITUATIONS[args.situation].prescription())
    if args.blind:
        return _tell_blind(args, of_places)
    found = every(BITS[:: args.step], of_places, args.situation)
    if args.json:
        print(json.dumps([asdict(one) for one in found]))
        return 0
    for block in (0, 1):
        own = [one for one in found if one.block == block]
        print(
            f"PIO {block}: {len(own)} cases, {sum(one.stopped for one in own)} stopped; most net "
            f"charge {max(one.net for one in own)} of a phase, longest phase "
            f"{max(one.phase_us for one in own)} us, both legs {max(one.both_us for one in own)} us"
            f"; {sum(one.unnoticed for one in own)} leave charge and go on"
        )
        for one in sorted(own, key=lambda one: (-one.unnoticed, -one.net))[:12]:
            print(" ", one)
    return 0


if __name__ == "__main__":
    sys.exit(main())
