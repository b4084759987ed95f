"""firmware/TIMING.md against the assembled program and the reference model: each count that the
page states.

Nothing is restated here but the page's wording: numbers and formulas are read from it, so a page
that changes is checked as changed. A sentence that is not found any more fails; adapt its pattern
then.
"""

import re
from types import SimpleNamespace

import pytest
from firmware_block import assembled
from page_of_timing import NUMBER, PAGE, ROW, number, stated, value
from prescribed import CLOCKS_PER_US, driven_high
from stimcore import limits, pulse

SHORT_COUNTS = [
    {"Y": 0, "G": 0, "R": 0, "S": 0},
    {"Y": 1, "G": 2, "R": 3, "S": 4},
    {"Y": 29, "G": 17, "R": 211, "S": 90},
]
COUNTS = [
    *SHORT_COUNTS,
    {"Y": 65_535, "G": 65_535, "R": 7, "S": 0},
    {"Y": 12_498, "G": 6_246, "R": 1_281_000, "S": 250_000},
]


# -- the table -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def table():
    """Rows of the pulse machine, in order."""
    rows = [
        SimpleNamespace(number=int(n), instruction=i, clocks=c, pins=p)
        for n, i, c, p in ROW.findall(PAGE)
    ]
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    return rows


def test_instructions_of_the_table_are_the_assembled_ones(firmware, table):
    """The page's lines, assembled by MicroPython's assembler, give the program's opcodes."""
    first, last = firmware.programs.WRAP_TARGET, firmware.programs.WRAP
    lines = ["nop()"] * first
    for row in table:
        text = re.sub(r" side (\d)$", r".side(\1)", row.instruction)
        if own_label := re.search(r"jmp\(x_dec, (\w+)\)", text):
            lines.append(f'label("{own_label[1]}")')
            text = f'jmp(x_dec, "{own_label[1]}")'
        lines.append(text)
    assert assembled(lines)[first:] == firmware.opcodes[first : last + 1]


def walk(firmware, counts):
    """[(row of the instruction, level of leg A, of leg B, of SYNC_OUT)] for each clock of one
    whole turn.
    """
    pulse_word = counts["Y"] | counts["G"] << 16
    words = [counts["R"], counts["S"], pulse_word, counts["R"], counts["S"], pulse_word]
    block = firmware.block(words, cpu_words=False, guarded=False, channels=[1], closed_form=False)
    machine, pins, steps = (
        block.machines[0],
        [firmware.gpio[role] for role in ("CH1_A", "CH1_B", "SYNC_OUT")],
        [],
    )
    total = counts["R"] + counts["S"] + value("2Y + G + R + S + 60", **counts)
    for _ in range(total):
        row = machine.pc - firmware.programs.WRAP_TARGET + 1
        block.run(1)
        steps.append((row, *(block.levels >> pin & 1 for pin in pins)))
    begin = next(i for i, step in enumerate(steps) if step[0] == 1)
    end = next(i for i in range(begin + 1, total) if steps[i][0] == 1 and steps[i - 1][0] != 1)
    return steps[begin:end]


@pytest.mark.parametrize("counts", SHORT_COUNTS)
def test_clocks_of_each_instruction(firmware, table, counts):
    turn = walk(firmware, counts)
    assert [step[0] for step in turn] == sorted(step[0] for step in turn)
    spent = {row.number: sum(step[0] == row.number for step in turn) for row in table}
    assert spent == {row.number: value(row.clocks, **counts) for row in table}
    assert len(turn) == value(stated(r"\* \*\*Period\*\* = [^=]+ = ([^=\n]+?)\."), **counts)


def test_pins_of_each_instruction(firmware, table):
    said = {row.number: tuple(f"leg {leg} high" in row.pins for leg in "AB") for row in table}
    low = {row.number for row in table if row.pins.startswith("low")}
    assert low | {n for n, high in said.items() if any(high)} == {row.number for row in table}
    sync = {row.number for row in table if "SYNC_OUT high" in row.pins}
    for row, leg_a, leg_b, sync_level in walk(firmware, SHORT_COUNTS[-1]):
        assert (bool(leg_a), bool(leg_b)) == said[row]
        assert not (row in low and (leg_a or leg_b))
        assert sync_level or row not in sync
        assert not (sync_level and not leg_a), "SYNC_OUT is phase A's"


def test_stalls_of_the_table_are_the_pulls(firmware, table):
    """Where the page says that words may run out, the machine stalls for good, legs low; nowhere
    else.
    """
    words, stalls = [5, 6, 7 | 8 << 16, 5, 6, 7 | 8 << 16], set()
    for given in range(len(words) + 1):
        block = firmware.block(words[:given], cpu_words=False, guarded=False, channels=[1])
        block.run(1000)
        assert block.machines[0].stalled and not block.levels
        stalls.add(block.machines[0].pc - firmware.programs.WRAP_TARGET + 1)
    assert stalls == {row.number for row in table if row.instruction == "pull(block)"}
    assert {row.number for row in table if "stalls here" in row.pins} == stalls
    assert [row.number for row in table if "a train starts here" in row.pins] == [
        firmware.programs.START - firmware.programs.WRAP_TARGET + 1
    ]


# -- the formulas ----------------------------------------------------------------------------------


def measured(firmware, counts):
    """Phases, gap, rest, start, latch and period in clocks, from the model's edges."""
    pulse_word = counts["Y"] | counts["G"] << 16
    words = [counts["R"], counts["S"], pulse_word] * 3
    block = firmware.block(words, cpu_words=False, guarded=False, channels=[1])
    edges = block.run(2**24)
    a, b = (driven_high(edges, firmware.gpio[leg]) for leg in ("CH1_A", "CH1_B"))
    return SimpleNamespace(
        phase_a={off - on for on, off in a},
        phase_b={off - on for on, off in b},
        gap={on - off for (_, off), (on, _) in zip(a, b, strict=True)},
        rest={on - off for (_, off), (on, _) in zip(b, a[1:], strict=False)},
        # The `set` runs one clock before the pin shows it
        start=a[0][0] - 1,
        latch={on - push.clock for (on, _), push in zip(a, block.pushes, strict=True)},
    )


@pytest.mark.parametrize("counts", COUNTS)
def test_formulas(firmware, counts):
    run = measured(firmware, counts)
    assert run.phase_a == {value(stated(r"\*\*Phase A\*\* = [^*]+\*\*([^*]+)\*\*"), **counts)}
    assert run.phase_b == {value(stated(r"\*\*Phase B\*\* = [^*]+\*\*([^*]+)\*\*"), **counts)}
    assert run.gap == {value(stated(r"\*\*Gap\*\* = [^*]+\*\*([^*]+)\*\*"), **counts)}
    assert run.rest == {value(stated(r"\*\*Rest\*\*, [^*]+\*\*([^*]+)\*\*"), **counts)}
    assert run.start == value(stated(r"\*\*Start\*\*, [^*]+\*\*([^*]+)\*\*"), **counts)
    assert run.latch == {
        value(stated(r"the push \(\d+\) comes ([\w +]+) clocks before phase A"), **counts)
    }


@pytest.mark.parametrize("name", ["Phase A", "Phase B", "Gap", "Rest"])
def test_sums_add_up(name):
    """The terms in front of a result, instruction numbers in brackets left out, are the result."""
    terms, result = stated(rf"\*\*{name}\*\*(?:, from [^=]+)? = ([^*]+) = \*\*([^*]+)\*\*")
    terms = re.sub(r"\([\d, –-]+\)", "", terms)
    for counts in COUNTS:
        assert value(terms, **counts) == value(result, **counts)


def test_longest_phase(firmware):
    run = measured(firmware, {"Y": 65_535, "G": 0, "R": 0, "S": 0})
    clocks, us = stated(rf"no phase outlasts {NUMBER} clocks, {NUMBER} µs")
    assert run.phase_a == run.phase_b == {value(clocks)} == {pulse.PHASE_CLOCKS_MAX}
    assert round(value(clocks) / CLOCKS_PER_US, 1) == value(us)


@pytest.mark.parametrize("us", [(20, 5, 6_667), (500, 500, 6_667), (211, 37, 1_000_000)])
def test_counts_of_the_page_are_those_of_the_firmware(us):
    phase, gap, period = us
    names = {"N": phase, "G_us": gap, "T": period, "offset": 1234}
    formula = {
        name: stated(rf"(?<!first) {name} = ([^=\n]+?)(?:  |\n)")
        for name in ("Y", "G", "S", "R", "first R")
    }
    settle = value(formula["S"].split("(")[0])
    assert settle == pulse.SETTLE_COUNT
    assert number(r"S = [\d ]+ \(N# ms\)") * 1000 == pulse.SETTLE_US
    halves = [0, 0]
    pulse.put_pulse(halves, 0, phase, gap)
    assert halves == [value(formula["Y"], **names), value(formula["G"], **names)]
    assert pulse.rest_count(period, phase, gap) == value(formula["R"], **names, S=settle) >= 0
    assert pulse.start_count(1234) == value(formula["first R"], **names)


def test_shortest_rest():
    rate, phase, ms = stated(rf"\({NUMBER} pps, {NUMBER} µs phases and gap\) is {NUMBER} ms")
    assert (value(rate) * 1000, value(phase)) == (
        limits.RANGES["rate_mpps"][1],
        limits.RANGES["phase_us"][1],
    )
    assert value(phase) == limits.RANGES["gap_us"][1]
    rest_us = pulse.period_us(limits.RANGES["rate_mpps"][1]) - 3 * value(phase)
    # Rounded down: the page promises at least
    assert int(rest_us / 100) / 10 == value(ms)
