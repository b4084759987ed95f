"""The contract's timing rows, T1 to T5, each from edges of the emulated chip. What they drive is
the product's own firmware.
"""

import random
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from evenpulse.bench import stock
from evenpulse.bench.figures import Wanted, errors, largest, worst_offset
from evenpulse.bench.rows import Row, row
from evenpulse.bench.typed_in import type_in
from evenpulse.connect.service import Service
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin
from evenpulse.twin.waveform import Pulse

FASTEST_PPS = 150
# FACTS §1; the gap from the board's dead time on
PHASES_US, GAPS_US = (20, 500), (5, 500)
_T1_ROUNDS = 3
OFFSET_US = 3_001
_TRIGGER_LIMIT_CLOCKS = 125


def t1(step: int, say: Callable[[str], None]) -> Row:
    """Phase and gap of a spread of values, both channels, as the output stage sends them: worst
    error in clocks.
    """
    pairs = spread_of_values(step)
    say(f"T1: {len(pairs)} pairs of phase and gap")
    service = Service()
    type_in(service, "drive.py")
    program = stock.device_form(rate_pps=FASTEST_PPS)["programs"][0]
    code = (
        f"program = {program!r}\nfor program['phase_us'], program['gap_us'] in {pairs!r}:\n "
        f"play(program, {_T1_ROUNDS})"
    )
    service.run(code, limit_ms=1_000 + 150 * len(pairs))
    worst = [worst_of_groups(service.twin, channel, pairs) for channel in (1, 2)]
    return row(
        "T1",
        largest(worst),
        "clocks",
        0,
        f"{len(pairs)} pairs of phase {PHASES_US[0]}…{PHASES_US[1]} µs and gap "
        f"{GAPS_US[0]}…{GAPS_US[1]} µs, both channels, at least 2 pulses each (every value: "
        f"tests/pio, on the reference interpreter)",
    )


def spread_of_values(step: int) -> list[tuple[int, int]]:
    """Pairs of phase and gap; each range from end to end, in opposite directions. A step of 1
    has every value.
    """
    phases = sorted({*range(*PHASES_US, step), PHASES_US[1]})
    gaps = sorted({*range(*GAPS_US, step), GAPS_US[1]}, reverse=True)
    longer = max(len(phases), len(gaps))
    return [(phases[i % len(phases)], gaps[i % len(gaps)]) for i in range(longer)]


def worst_of_groups(twin: Twin, channel: int, pairs: list[tuple[int, int]]) -> int | None:
    """Each time HV_EN goes on a new pair begins; None when one has fewer than two pulses."""
    hv_en = twin.board["PINS"]["HV_EN"][0]
    begins = [clock for clock, gpio, level in twin.edges if gpio == hv_en and level][-len(pairs) :]
    train, worst = stock.train(twin, channel), []
    for (phase, gap), begin, end in zip(pairs, begins, [*begins[1:], twin.now], strict=True):
        group = [pulse for pulse in train if begin <= pulse.a_start < end]
        worst.append(
            errors(group, Wanted(phase, gap, 0)).worst("phase", "gap") if len(group) >= 2 else None
        )
    return largest(worst)


def t2_t4(
    count: int, say: Callable[[str], None], rate_pps: Decimal | int = FASTEST_PPS
) -> list[Row]:
    """A session as sold, at the fastest rate, both channels: starts against k·T, and channel 2
    against channel 1.
    """
    say(f"T2, T4: {count} pulses a channel at {rate_pps} pps")
    trains, wanted = therapy(rate_pps, count)
    found = [errors(train, wanted) for train in trains]
    pulses_each = min(len(train) for train in trains)
    enough = pulses_each >= count
    start = largest(e.worst("start") for e in found) if enough else None
    shape = largest(e.worst("phase", "gap") for e in found) if enough else None
    how = (
        f"{pulses_each} pulses a channel at {rate_pps} pps, T = {wanted.period_us} µs, in a "
        f"session as sold"
    )
    return [
        row("T2", start, "clocks", 0, f"start of pulse k against k·T: {how}"),
        row("T2.shape", shape, "clocks", 0, f"phase and gap of the same: {how}"),
        row(
            "T4",
            worst_offset(trains[0], trains[1], OFFSET_US) if enough else None,
            "clocks",
            0,
            f"channel 2 against channel 1 plus {OFFSET_US} µs: {how}",
        ),
    ]


def therapy(
    rate_pps: Decimal | int, count: int, phase_us: int = 187, gap_us: int = 53
) -> tuple[list[list[Pulse]], Wanted]:
    """Trains of both channels of a session with an odd shape and offset, and what was asked for."""
    period_us = period(rate_pps)
    twin = stock.running(
        rate_pps=rate_pps, phase_us=phase_us, gap_us=gap_us, offset_us=OFFSET_US, minutes=30
    )
    twin.run_ms((count + 20) * period_us / 1000 + 300)
    return [stock.train(twin, channel)[:count] for channel in (1, 2)], Wanted(
        phase_us, gap_us, period_us
    )


def period(rate_pps: Decimal | int) -> int:
    """Whole number of µs nearest to 1 000 000 / rate: worked out here from the contract, not
    from the firmware.
    """
    return int(Fraction(1_000_000) / Fraction(rate_pps) + Fraction(1, 2))


def t5(times: int, say: Callable[[str], None]) -> list[Row]:
    """TRIG_IN rises at odd clocks; from there to the first phase A, and to channel 2's."""
    say(f"T5: {times} triggers")
    service = Service()
    type_in(service, "drive.py")
    twin, chance = service.twin, random.Random(5)
    pins = {role: pin[0] for role, pin in twin.board["PINS"].items()}
    program = stock.device_form(rate_pps=FASTEST_PPS)["programs"][0] | {"trigger": True}
    service.start(f"play_each([{program!r}] * {times}, 8)")
    raised: list[int] = []
    armed = 0
    while not service.done:
        twin.run_ms(1)
        if twin.chip.pads.levels[pins["HV_EN"]] > armed:
            at = twin.now + 40 * CLOCKS_PER_MS + chance.randrange(CLOCKS_PER_MS)
            twin.at(at, lambda: raised.append(twin.now))
            twin.at(at, lambda: twin.chip.pads.switch(pins["TRIG_IN"], 1))
            twin.at(at + CLOCKS_PER_MS, lambda: twin.chip.pads.switch(pins["TRIG_IN"], None))
        armed = twin.chip.pads.levels[pins["HV_EN"]]
    service.finish()
    rises = [
        [c for c, gpio, level in twin.edges if gpio == pins[leg] and level]
        for leg in ("CH1_A", "CH2_A")
    ]
    return judge_triggers(raised, rises)


def judge_triggers(raised: list[int], rises: list[list[int]]) -> list[Row]:
    """`rises`: clocks at which phase A of each channel began. A pulse before its trigger makes
    every latency void.
    """
    latencies = []
    for begin, end in zip(raised, [*raised[1:], 1 << 62], strict=False):
        firsts = [next((c for c in channel if begin < c < end), None) for channel in rises]
        latencies += [first - begin for first in firsts if first is not None]
    early = not raised or any(channel and channel[0] < raised[0] for channel in rises)
    sound = not early and len(latencies) == 2 * len(raised)
    how = (
        (
            f"{len(raised)} triggers at odd clocks, first edge of both channels; silicon adds 2 "
            f"clocks of input synchroniser"
        )
        if sound
        else "this firmware does not wait for TRIG_IN, or a trigger went unanswered"
    )
    return [
        row("T5", max(latencies) if sound else None, "clocks", _TRIGGER_LIMIT_CLOCKS, how),
        row(
            "T5.spread",
            max(latencies) - min(latencies) if sound else None,
            "clocks",
            0,
            "largest less smallest of the same",
        ),
    ]
