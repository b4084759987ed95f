"""firmware/TIMING.md, width monitors and samples: each count of that section against the assembled
program and the model.

As test_timing_page: numbers and formulas are read from the page.
"""

import re
from collections import Counter
from types import SimpleNamespace

import pytest
from firmware_block import assembled
from page_of_timing import NUMBER, PAGE, budget, number, stated, value
from prescribed import CLOCKS_PER_US
from stimcore import limits, monitor
from watched import (
    INSTRUCTION,
    LATEST,
    ROOM,
    SOONEST,
    biphasic,
    clocks,
    drive,
    program,
    pulled_down,
    requests,
    words,
)

ROW = re.compile(
    r"^\| *([ABP]\d+) *\| *(\w*) *\| *`([^`]+)` *\| *([^|]+?) *\| *([^|]*?) *\|$", re.MULTILINE
)
# L, N, G, D
PULSES = [(100, 20, 5, 7), (100, 100, 50, 11), (500, 211, 500, 11), (500, 500, 37, 7)]


@pytest.fixture(scope="module")
def table():
    """Rows in the order of the page, which is that of the program."""
    rows = [
        SimpleNamespace(name=n, label=at, instruction=i, takes=t, what=w)
        for n, at, i, t, w in ROW.findall(PAGE)
    ]
    counted = Counter(row.name[0] for row in rows)
    assert [row.name for row in rows] == [
        f"{part}{k}" for part in "ABP" for k in range(1, counted[part] + 1)
    ]
    return rows


def test_instructions_of_the_table_are_the_assembled_ones(firmware, table):
    lines = []
    for row in table:
        if row.label:
            lines.append(f'label("{row.label}")')
        lines.append(re.sub(r"^jmp\((\w+, )?(\w+)\)", r'jmp(\1"\2")', row.instruction))
    assert assembled(lines, side_set=False) == list(firmware.programs.block1[0])


def test_labels_of_the_table_are_where_the_drivers_jump(firmware, table):
    at, names = firmware.programs, [row.name for row in table]
    wraps = {f"A{k + 1}" for k in (at.LEG_A_PHASE_A_WRAP, at.LEG_A_WRAP)}
    assert {row.name for row in table if "raps to A1" in row.what} == wraps
    assert (names[at.LEG_A], names[at.LEG_B]) == ("A1", "B1")
    labels = {row.label: k for k, row in enumerate(table)}
    assert (labels["leg_b"], labels["pull_down"], labels["pulled"]) == (
        at.LEG_B,
        at.PULL_DOWN,
        at.PULLED,
    )


def test_budget(firmware, table):
    named, used, room = budget(1)
    at = firmware.programs
    assert named == {
        "leg A": at.LEG_B - at.LEG_A,
        "leg B": at.STILL - at.LEG_B,
        "too long": 32 - at.STILL,
    }
    assert sum(named.values()) == used == len(table) == len(at.block1[0]) <= room == 32


def spent(firmware, table, monitors, pulse, alignment):
    """{row: instructions it took, delay cycles included} of one machine, from the look that saw
    its leg to its wait again.
    """
    longest_us, phase_us, gap_us, delay = pulse
    block = firmware.monitor_block(
        words(program(longest_us, gap_us), (delay, delay)), legs=[monitors], closed_form=False
    )
    drive(block, firmware, biphasic(ROOM + alignment, phase_us, gap_us))
    machine, took, wait = block.machines[monitors], [], block.machines[monitors].pc
    # The next clock is an instruction's
    block.run(INSTRUCTION - 1)
    for _ in range((ROOM + clocks(longest_us + 2 * phase_us + gap_us)) // INSTRUCTION):
        row = machine.pc if not machine.delay else took[-1]
        block.run(INSTRUCTION)
        took.append(row)
    begin = next(k for k, row in enumerate(took) if row != wait) - 1
    end = next(k for k in range(begin + 1, len(took)) if took[k] == wait)
    return Counter(table[row].name for row in took[begin:end])


@pytest.mark.parametrize("pulse", PULSES)
@pytest.mark.parametrize("alignment", [SOONEST, LATEST])
def test_what_each_instruction_takes(firmware, table, pulse, alignment):
    names = dict(zip(("L", "N", "G_us", "D"), pulse, strict=True))
    took = spent(firmware, table, 0, pulse, alignment) + spent(firmware, table, 1, pulse, alignment)
    said = {row.name: value(re.sub(r"\bG\b", "G_us", row.takes), **names) for row in table}
    assert {name: took[name] for name in said} == said


def test_counts_are_those_of_the_firmware():
    formulas = stated(r"\* \*\*Counts\*\*: W = ([^,]+), V = ([^.]+)\.")
    for longest_us, _, gap_us, delay in PULSES:
        word = monitor.leg_a_word(delay, 0, program(longest_us, gap_us))
        names = {"L": longest_us, "G": gap_us, "D": delay}
        assert [word >> 7 & 511, word >> 16 & 511] == [value(text, **names) for text in formulas]


def test_first_look(firmware):
    """From the request that comes 5 D + 12 instructions and 1 clock after it."""
    said = [
        value(text)
        for text in stated(
            rf"look at the pad in `wait` comes {NUMBER} to {NUMBER} clocks after its edge"
        )
    ]
    sync, grid = map(
        value, stated(rf"{NUMBER} of synchroniser, up to {NUMBER} until the next instruction")
    )
    assert said == [sync, sync + grid]
    then = INSTRUCTION * (5 * PULSES[0][3] + 12) + 1
    looks = [request_clocks(firmware, alignment)[0] - then for alignment in range(INSTRUCTION)]
    assert [min(looks), max(looks)] == said


def both_ends(pattern, **names):
    """The two formulas of `**x to y** clocks` on the page."""
    return [
        value(text, **names)
        for text in stated(pattern.replace("X#", r"\*\*([^*]+?) to ([^*]+?)\*\* clocks"))
    ]


def request_clocks(firmware, alignment, pulse=PULSES[0]):
    """Clocks from the rise of its leg to each request of a pulse."""
    longest_us, phase_us, gap_us, delay = pulse
    block = firmware.monitor_block(words(program(longest_us, gap_us), (delay, delay)), legs=[0])
    drive(block, firmware, biphasic(ROOM + alignment, phase_us, gap_us))
    block.run(ROOM + clocks(2 * phase_us + gap_us + 20))
    begins = ROOM + alignment, ROOM + alignment + clocks(phase_us + gap_us)
    return [at - begin for at, begin in zip(requests(block, 0), begins, strict=True)]


@pytest.mark.parametrize("pulse", PULSES)
def test_requests(firmware, pulse):
    in_a = both_ends(r"request in phase A is in the FIFO X# after leg A rose", D=pulse[3])
    in_b = both_ends(r"request in phase B comes X# after leg B rose", D=pulse[3])
    assert [request_clocks(firmware, alignment, pulse) for alignment in (SOONEST, LATEST)] == [
        list(p) for p in zip(in_a, in_b, strict=True)
    ]
    earlier = number(r"leg B rose, N# clocks earlier in its phase than the one in phase A")
    assert {a - b for a, b in zip(in_a, in_b, strict=True)} == {earlier} == {2 * INSTRUCTION}


def trip_clocks(firmware, spans, rise, longest_us=100, alignments=range(INSTRUCTION)):
    """[least, most] clocks from a rise to INTERLOCK_N low; spans and rise are moved together
    over the grid.
    """
    out = []
    for alignment in alignments:
        block = firmware.monitor_block(words(program(longest_us)), legs=[0, 1])
        drive(
            block,
            firmware,
            [(role, begin + alignment, end and end + alignment) for role, begin, end in spans],
        )
        block.run(rise + clocks(longest_us + 20))
        out.append(pulled_down(block, firmware) - rise - alignment)
    return [min(out), max(out)]


@pytest.mark.parametrize("longest_us", [20, 211, 500])
def test_trip_times(firmware, longest_us):
    for leg in "AB":
        said = " ".join(
            stated(rf"\* \*\*Leg {leg} too long\*\*:([^*]+\*\*[^*]+\*\*[^*]+?)\n\* ").split()
        )
        names = {"L": longest_us}
        low, high = (
            value(text, **names)
            for text in re.search(r"\*\*(.+?) to (.+?)\*\* clocks", said).groups()
        )
        assert trip_clocks(firmware, [(f"CH1_{leg}", ROOM, None)], ROOM, longest_us) == [low, high]
        in_us = re.search(rf"L \+ {NUMBER} to L \+ {NUMBER} µs", said).groups()
        assert [round(clock / CLOCKS_PER_US - longest_us, 2) for clock in (low, high)] == [
            value(text) for text in in_us
        ]
        passes = value(re.search(rf"a phase of up to L \+ {NUMBER} µs passes", said)[1])
        for alignment in range(INSTRUCTION):
            block = firmware.monitor_block(words(program(longest_us)), legs=[0, 1])
            begin = ROOM + alignment
            drive(block, firmware, [(f"CH1_{leg}", begin, begin + clocks(longest_us + passes))])
            block.run(begin + clocks(longest_us + 20))
            assert pulled_down(block, firmware) is None


def test_both_legs(firmware):
    in_a = both_ends(r"leg B in phase A is seen at B4, X# after it rose")
    assert (
        trip_clocks(
            firmware, [("CH1_A", ROOM, None), ("CH1_B", ROOM + clocks(30), None)], ROOM + clocks(30)
        )
        == in_a
    )
    in_b, seen = both_ends(r"leg A in phase B at the next B4, X# after it rose"), []
    for late in range(CLOCKS_PER_US):
        rise = ROOM + clocks(30) + late
        seen += trip_clocks(
            firmware, [("CH1_B", ROOM, None), ("CH1_A", rise, None)], rise, alignments=[0]
        )
    assert [min(seen), max(seen)] == in_b


def test_leg_a_again(firmware):
    said, seen = (
        both_ends(r"\*\*Leg A again in the gap\*\*, from 1 µs after its end on: A12, X#\."),
        [],
    )
    for late in range(CLOCKS_PER_US):
        rise = ROOM + clocks(20 + 30) + late
        spans = [("CH1_A", ROOM, ROOM + clocks(20)), ("CH1_A", rise, None)]
        seen += trip_clocks(firmware, spans, rise, alignments=[0])
    assert [min(seen), max(seen)] == said


def test_latency_of_the_guard(firmware):
    said = number(r"from INTERLOCK_N low to all five outputs low the guard takes \*\*N#\*\* clocks")
    block = firmware.block(guarded=True)
    block.drive(firmware.gpio["INTERLOCK_N"], 0, 1_000)
    block.run(2_000)
    low = next(edge.clock for edge in block.edges if edge.clock > 1_000)
    assert low - 1_000 == said and not block.levels & sum(1 << pin for pin in firmware.guarded_pins)


def test_numbers_about_samples():
    delays = tuple(
        map(value, stated(rf"With the larger of the two delays, {NUMBER} and {NUMBER} µs"))
    )
    assert delays == monitor.SAMPLE_DELAYS
    _, latest = both_ends(r"request in phase A is in the FIFO X# after leg A rose", D=max(delays))
    convert_us = number(r"takes it to the converter, which needs N# µs")
    # Datasheet 4.9: cycles of the ADC's 48 MHz
    assert convert_us == 96 / 48
    ready_us = number(r"result is there N# µs into the phase")
    assert round(latest / CLOCKS_PER_US + convert_us, 1) == ready_us
    assert (
        ready_us < number(r"before the shortest phase, N# µs, ends") == limits.RANGES["phase_us"][0]
    )
    apart_us = number(r"pulses that begin together are sampled N# µs apart")
    assert apart_us == max(delays) - min(delays)
    least_us, exact_us, clocks_less = map(
        value,
        stated(
            rf"closer than {NUMBER} µs in its whole µs, {NUMBER} µs with the {NUMBER} clocks above"
        ),
    )
    assert least_us == monitor.CLEAR_US
    assert exact_us == least_us - clocks_less / CLOCKS_PER_US > convert_us


def test_divider(firmware):
    divider, ns = (
        number(r"on a clock divider of N#: an instruction"),
        number(r"an instruction is 25 clocks, N# µs"),
    )
    block = firmware.monitor_block(words(program(100)))
    assert {(m.config.divider_int, m.config.divider_256ths) for m in block.machines.values()} == {
        (divider, 0)
    }
    assert divider == INSTRUCTION == ns * CLOCKS_PER_US
