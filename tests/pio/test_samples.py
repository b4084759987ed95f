"""Sample requests of the width monitors: the right word, at the same clock, never two too close."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import assume, event, example, given, settings
from hypothesis import strategies as st
from prescribed import CLOCKS_PER_US, period_us, program_pulses
from stimcore import monitor, presets
from stimcore.errors import Refused
from test_monitors_on_trains import TRAINS, emitted, written
from test_prescribed_trains import GAP, PHASE, RATE, SECONDS, legal, thousandths
from watched import (
    INSTRUCTION,
    ROOM,
    after,
    biphasic,
    clocks,
    drive,
    program,
    replayed,
    requests,
    rises,
    words,
)

# Datasheet 4.9: 96 cycles of 48 MHz
CONVERSION_US = 2
# A conversion, and what DMA needs to begin the next
CLEAR_US = 2.2
DELAYS = [(7, 11), (11, 7)]
# Datasheet 4.9.5, ADC: CS register
CS_EN, CS_TS_EN, CS_START_ONCE, CS_AINSEL_SHIFT = 1 << 0, 1 << 1, 1 << 2, 12


# -- one pulse -------------------------------------------------------------------------------------


def one_pulse(firmware, phase_us, gap_us, delay, alignment, both_phases=True, adc_input=2):
    """(clock of leg A's rise, block) after a pulse."""
    block = firmware.monitor_block(
        words(program(phase_us, gap_us), (delay, delay), (adc_input, adc_input)),
        both_phases,
        legs=[0],
    )
    block.taken = block.drain(0)
    drive(block, firmware, biphasic(ROOM + alignment, phase_us, gap_us))
    block.run(ROOM + alignment + clocks(2 * phase_us + gap_us + 20))
    return ROOM + alignment, block


@pytest.mark.parametrize("adc_input", range(4))
@pytest.mark.parametrize("delay", [7, 11])
def test_the_word_starts_one_conversion_of_its_input(firmware, adc_input, delay):
    """The temperature sensor stays on: it needs time to settle."""
    _, block = one_pulse(firmware, 100, 50, delay, 0, adc_input=adc_input)
    assert block.taken == [CS_EN | CS_TS_EN | CS_START_ONCE | adc_input << CS_AINSEL_SHIFT] * 2


@pytest.mark.parametrize("gap_us", [5, 6, 123, 500])
@pytest.mark.parametrize("delay", [7, 11])
def test_clock_of_both_requests(firmware, delay, gap_us):
    """wait, mov, out, turns of 5, then out, in, set, in, push. From phase A's 13th instruction
    on it looks each us.
    """
    for phase_us in (20, 21, 200, 499, 500):
        for alignment in range(INSTRUCTION) if phase_us < 22 else (22, 23):
            rise, block = one_pulse(firmware, phase_us, gap_us, delay, alignment)
            in_a = after(rise, 5 * delay + 12)
            in_b = after(rise, 5 * (phase_us + gap_us) + 5 * delay + 10)
            assert requests(block, 0) == [in_a, in_b]
            second = rise + clocks(phase_us + gap_us)
            for request, begin in ((in_a, rise), (in_b, second)):
                assert begin < request and request + clocks(CONVERSION_US) < begin + clocks(
                    phase_us
                )


@pytest.mark.parametrize("delay", [7, 11])
def test_phase_a_alone_asks_once_a_pulse(firmware, delay):
    for alignment in range(INSTRUCTION):
        rise, block = one_pulse(firmware, 20, 5, delay, alignment, both_phases=False)
        assert requests(block, 0) == [after(rise, 5 * delay + 12)]


@pytest.mark.parametrize("delay", [7, 11])
def test_a_phase_as_short_as_the_delay_is_long(firmware, delay):
    """Cut short, a pulse is still asked for, once, and the next one as ever."""
    block = firmware.monitor_block(words(program(20, 5), (delay, delay)), legs=[0])
    drive(
        block, firmware, [("CH1_A", ROOM, ROOM + clocks(2)), *biphasic(ROOM + clocks(6_000), 20, 5)]
    )
    block.run(ROOM + clocks(6_100))
    asked = requests(block, 0)
    assert asked[0] == after(ROOM, 5 * delay + 12) and asked[-2] == after(
        ROOM + clocks(6_000), 5 * delay + 12
    )


# -- trains ----------------------------------------------------------------------------------------


def fixed_clocks(firmware, channel, edges, asked):
    """{clocks from the rise of the phase to its request} of a channel, one request to a phase,
    in order.
    """
    legs = [rises(edges, firmware.gpio[f"CH{channel}_{leg}"]) for leg in "AB"]
    starts = sorted((clock, leg) for leg, own in zip("AB", legs, strict=True) for clock in own)
    assert len(starts) == len(asked)
    return {(leg, request - clock) for (clock, leg), request in zip(starts, asked, strict=True)}


@pytest.mark.parametrize("delays", DELAYS)
@pytest.mark.parametrize("name", TRAINS)
def test_same_clock_in_every_pulse(firmware, name, delays):
    """Phase A and phase B each have one clock in the whole train, and it is the same for both
    channels but for the delay.
    """
    of_program, train = emitted(firmware, name)
    block = firmware.monitor_block(words(of_program, delays), legs=[0, 2])
    block.run(replayed(block, firmware, train.edges, later=5) + clocks(20))
    expected = None
    for channel, delay in zip((1, 2), delays, strict=True):
        found = fixed_clocks(
            firmware, channel, train.edges, [at - 5 for at in requests(block, 2 * channel - 2)]
        )
        assert len(found) == 2, found
        both = {leg: at - delay * CLOCKS_PER_US for leg, at in found}
        expected = expected or both
        assert both == expected
        assert both["A"] - both["B"] == 2 * INSTRUCTION


# -- two channels, one converter -------------------------------------------------------------------


@pytest.fixture(scope="module")
def request_us(firmware):
    """{(leg, delay): time from the rise of the leg to the request}, as the interpreter has it."""
    out = {}
    for delay in (7, 11):
        rise, block = one_pulse(firmware, 100, 50, delay, 0)
        for leg, begin, at in zip(
            "AB", (rise, rise + clocks(150)), requests(block, 0), strict=True
        ):
            out[leg, delay] = (at - begin) / CLOCKS_PER_US
    return out


def closest_us(of_written, plan, request_us, pulses, skip):
    """Least time between two requests of the converter, by the prescription's own numbers."""
    *delays, both_phases = plan
    asked = []
    train = program_pulses(of_written, skip + pulses)[skip:]
    for offset_us, delay in zip((0, of_written.get("offset_us", 0)), delays, strict=True):
        for pulse in train:
            start = offset_us + pulse.start_us
            asked.append(start + request_us["A", delay])
            if both_phases:
                asked.append(start + pulse.phase_us + pulse.gap_us + request_us["B", delay])
    return min(after - before for before, after in pairwise(sorted(asked)))


def ranges(of_written):
    """(phases, periods): every whole number of us that the program can make."""
    if sweep := of_written.get("sweep"):
        low, high = sorted(sweep["phase_us"])
        return range(low, high + 1), range(
            period_us(max(sweep["rate_pps"])), period_us(min(sweep["rate_pps"])) + 1
        )
    phase = of_written["phase_us"]
    phases = range(20 if of_written.get("ramp") == "phase" else phase, phase + 1)
    if burst := of_written.get("burst"):
        inner = period_us(burst["inner_pps"])
        return phases, {inner, period_us(burst["per_s"]) - (burst["pulses"] - 1) * inner}
    return phases, {period_us(of_written["rate_pps"])}


def could_meet(of_written, apart):
    """Some phases and some period bring two samples within 3 us; `apart`: channel 2's phase A
    after channel 1's, in us.
    """
    phases, periods = ranges(of_written)
    for near in range(-2, 3):
        to_b = {n + of_written["gap_us"] for n in phases}
        after_b = {n - m for n in (phases[0], phases[-1]) for m in phases}
        if apart == near or apart - near in to_b or near - apart in to_b:
            return True
        if any(apart + shift - near in periods for shift in {0} | to_b | after_b):
            return True
    return False


@st.composite
def two_channel_programs(draw):
    """A [[program]] of both channels, often with an offset that brings their samples together."""
    kind = draw(st.sampled_from(["steady", "burst", "sweep", "phase ramp"]))
    out = written(kind, gap_us=draw(GAP))
    if kind == "sweep":
        rate = draw(RATE)
        other = draw(st.one_of(RATE, st.integers(0, 9).map(lambda n: max(1, rate - n))))
        out["sweep"] = {
            "rate_pps": draw(st.permutations([rate, other])),
            "phase_us": [draw(PHASE), draw(PHASE)],
            "period_s": draw(SECONDS["sweep"]),
        }
    else:
        out["phase_us"] = draw(PHASE)
    if kind == "burst":
        pulses = draw(st.integers(2, 7))
        inner = draw(RATE)
        most = min(20, inner / pulses)
        per_s = thousandths(min(125, int(1_000 * most)), int(1_000 * most))
        out["burst"] = {"pulses": pulses, "inner_pps": inner, "per_s": draw(per_s)}
    elif kind != "sweep":
        out["rate_pps"] = draw(RATE)
    if kind == "phase ramp":
        out |= {"ramp": "phase", "ramp_up_s": draw(st.integers(0, 3)), "ramp_down_s": 0}
    phases, periods = ranges(out)
    anchor = draw(st.sampled_from([0, 0, phases[0] + out["gap_us"], phases[-1] + out["gap_us"]]))
    anchor = draw(st.sampled_from([anchor, min(periods) - anchor, min(periods) // 2]))
    out["offset_us"] = min(max(0, anchor + draw(st.integers(-12, 12))), min(periods) - 1)
    return out


SLOWER = {"rate_pps": [150, 140], "phase_us": [100, 100], "period_s": 60}


@settings(max_examples=300)
@given(of_written=two_channel_programs(), skip=st.sampled_from([0, 0, 50, 700]))
@example(
    of_written=written(
        "A before the other's B", phase_us=100, gap_us=50, rate_pps=80, offset_us=144
    ),
    skip=0,
)
@example(
    of_written=written(
        "B before the next A", phase_us=100, gap_us=50, rate_pps=80, offset_us=12_344
    ),
    skip=0,
)
@example(of_written=written("period grows", gap_us=50, sweep=SLOWER, offset_us=6_666), skip=0)
@example(
    of_written=written("period grows, phase B", gap_us=50, sweep=SLOWER, offset_us=6_516), skip=0
)
@example(
    of_written=written(
        "pause of 4 us",
        phase_us=100,
        gap_us=50,
        offset_us=24_997,
        burst={"pulses": 2, "inner_pps": Decimal("40.003"), "per_s": 20},
    ),
    skip=0,
)
@example(
    of_written=written(
        "phase shrinks",
        gap_us=5,
        offset_us=9_986,
        sweep={"rate_pps": [100, 100], "phase_us": [20, 500], "period_s": 1},
    ),
    skip=0,
)
def test_no_two_samples_too_close(firmware, request_us, of_written, skip):
    """And phase B is left out only where either order of the delays could bring two samples
    together.
    """
    try:
        of_program = legal(of_written, firmware.board)
    except Refused:
        assume(False)
    first, second, both_phases = plan = monitor.plan(of_program)
    event(f"{of_written['name']}, {'both phases' if both_phases else 'phase A'}")
    assert (first, second) in DELAYS
    assert closest_us(of_written, plan, request_us, 120, skip) >= CLEAR_US
    if not both_phases:
        assert all(could_meet(of_written, of_written["offset_us"] + b - a) for a, b in DELAYS)


@pytest.mark.parametrize("offset", ["none", "half a period"])
@pytest.mark.parametrize("name", presets.PRESETS)
def test_presets_have_both_phases_measured(firmware, name, offset):
    of_program = legal(written(name, preset=name), firmware.board)
    if offset != "none":
        rate_mpps = max(of_program.get("sweep", {}).get("rate_mpps", [of_program["rate_mpps"]]))
        of_program["offset_us"] = 500_000_000 // rate_mpps
    assert monitor.plan(of_program)[2]


@pytest.mark.parametrize("channel", [1, 2])
def test_a_channel_alone_has_both_phases_measured(firmware, channel):
    sweep = {"rate_pps": [150, 1], "phase_us": [20, 500], "period_s": 12}
    of_program = legal(
        {**written("alone", gap_us=5, sweep=sweep), "channels": [channel]}, firmware.board
    )
    assert monitor.plan(of_program)[2]
