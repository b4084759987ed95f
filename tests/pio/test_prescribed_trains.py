"""Random legal programs: TOML form -> stimcore -> words -> the program in the reference model ->
edges, against prescribed.py.
"""

from decimal import Decimal

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from prescribed import (
    CLOCKS_PER_US,
    SETTLE_CLOCKS,
    from_first,
    leg_edges,
    levels_of,
    program_pulses,
    train_words,
)
from stimcore import prescription
from stimcore.errors import Refused
from stimcore.pulse import start_count
from stimcore.train import Train
from test_latch import check_latches

ENOUGH_CLOCKS = 2**42
PULSES_MAX = 40


def thousandths(low, high):
    """Decimal with up to three places, as a TOML file has it; whole numbers as int."""
    return st.integers(low, high).map(lambda n: n // 1000 if n % 1000 == 0 else Decimal(n) / 1000)


PHASE, GAP, RATE = st.integers(20, 500), st.integers(5, 500), thousandths(1_000, 150_000)
SECONDS = {
    "ramp": thousandths(0, 60_000),
    "on_off": thousandths(100, 600_000),
    "sweep": thousandths(1_000, 60_000),
}


@st.composite
def programs(draw):
    """A [[program]]; `check` refuses some."""
    kind = draw(
        st.sampled_from(
            ["continuous", "burst", "sweep", "on/off", "phase ramp", "phase ramp on/off"]
        )
    )
    channels = draw(st.sampled_from([[1], [2], [1, 2], [1, 2]]))
    program = {"name": kind, "channels": channels, "gap_us": draw(GAP), "minutes": 60}
    if kind != "sweep":
        program["phase_us"] = draw(PHASE)
    if draw(st.booleans()) or "ramp" in kind:
        program["ramp_up_s"] = draw(st.one_of(SECONDS["ramp"], thousandths(0, 2_000)))
        program["ramp_down_s"] = draw(st.one_of(SECONDS["ramp"], thousandths(0, 2_000)))
    if kind == "burst":
        inner, pulses = draw(RATE), draw(st.one_of(st.integers(2, 7), st.integers(2, 50)))
        # Bursts a second that fit
        most = min(20_000, int(1000 * inner / pulses))
        program["burst"] = {
            "pulses": pulses,
            "inner_pps": inner,
            "per_s": draw(thousandths(min(125, most), max(125, most))),
        }
    elif kind == "sweep":
        program["sweep"] = {
            "rate_pps": draw(st.tuples(RATE, RATE).map(list)),
            "phase_us": draw(st.tuples(PHASE, PHASE).map(list)),
            "period_s": draw(SECONDS["sweep"]),
        }
    else:
        program["rate_pps"] = draw(RATE)
    if kind.endswith("on/off"):
        least = sum(
            program.get(key, default) for key, default in (("ramp_up_s", 2), ("ramp_down_s", 1))
        )
        program["on_s"], program["off_s"] = (
            least + draw(thousandths(100, 60_000)),
            draw(SECONDS["on_off"]),
        )
    if kind.startswith("phase ramp") or kind == "burst" and draw(st.booleans()):
        program["ramp"] = "phase"
    if draw(st.integers(0, 3)) == 0:
        program["trigger"] = True
    elif channels == [1, 2]:
        program["offset_us"] = draw(st.one_of(st.integers(0, 6_000), st.integers(0, 900_000)))
    return program


def legal(written, board):
    """Device form of the program, as accepted; examples that the limits refuse are dropped."""
    document = {
        "id": "rx-1",
        "counter": 1,
        "patient": "P-1",
        "issued": "2026-11-22",
        "expires": "2027-02-22",
        "device": "*",
        "electrode_cm2": 25,
        "checks": {"contraindications_excluded": True, "sensation_tested": True},
        "caps": {
            "ch1_ma": 1,
            "ch2_ma": 1,
            "session_min": 60,
            "sessions_per_day": 3,
            "rest_min": 30,
        },
        "program": [written],
    }
    rx = prescription.from_toml_dict(document)
    prescription.check(rx, board)
    return rx["programs"][0]


def check_train(firmware, written, program, pulses, skip):
    """Every edge of every channel, the latches, and both channels on one clock; from pulse
    `skip` on.
    """
    channels, on_trigger = written["channels"], bool(written.get("trigger"))
    offsets = (0, written.get("offset_us", 0))
    words = {c: train_words(Train(program), pulses, skip) for c in channels}
    block = firmware.block(
        words.get(1, ()),
        words.get(2, ()),
        channels=channels,
        guarded=False,
        on_trigger=on_trigger,
        start_counts=[start_count(us) for us in offsets],
    )
    block.drive(firmware.gpio["TRIG_IN"], 1, 1_000)
    edges = block.run(ENOUGH_CLOCKS)
    begin = 1_000 + 7 if on_trigger else SETTLE_CLOCKS + 11
    expected = program_pulses(written, skip + pulses)[skip:]
    expected = [p._replace(start_us=p.start_us - expected[0].start_us) for p in expected]
    for number in (1, 2):
        legs = firmware.gpio[f"CH{number}_A"], firmware.gpio[f"CH{number}_B"]
        got = levels_of(edges, *legs)
        assert bool(got) == (number in channels)
        if got:
            assert got[0][0] == begin + offsets[number - 1] * CLOCKS_PER_US
            assert from_first(got) == leg_edges(expected, *legs)
            check_latches(firmware, block, number, first_pulse_unlatched=on_trigger)


@settings(max_examples=100)
@given(
    written=programs(),
    pulses=st.integers(1, PULSES_MAX),
    skip=st.one_of(st.just(0), st.integers(0, 300)),
)
def test_random_legal_programs(firmware, written, pulses, skip):
    try:
        program = legal(written, firmware.board)
    except Refused:
        assume(False)
    event(written["name"])
    check_train(firmware, written, program, pulses, skip)


# One of each kind, late in a session: what random examples rarely reach.
LATE = {
    "slow, 50 minutes": ({"phase_us": 500, "gap_us": 500, "rate_pps": 1}, 3_000),
    "sweep, 30 minutes": (
        {"gap_us": 50, "sweep": {"rate_pps": [125, 2], "phase_us": [100, 200], "period_s": 12}},
        3_000,
    ),
    "sweep, rate up and phase down": (
        {
            "gap_us": 50,
            "sweep": {"rate_pps": [2, Decimal("149.999")], "phase_us": [500, 20], "period_s": 60},
        },
        4_500,
    ),
    "sweep of an odd number of ms": (
        {
            "gap_us": 5,
            "sweep": {
                "rate_pps": [1, Decimal("1.001")],
                "phase_us": [20, 21],
                "period_s": Decimal("1.001"),
            },
        },
        2_000,
    ),
    "bursts, an hour": (
        {
            "phase_us": 150,
            "gap_us": 50,
            "burst": {"pulses": 2, "inner_pps": 100, "per_s": Decimal("0.125")},
        },
        850,
    ),
    "phase ramp, on/off": (
        {
            "phase_us": 499,
            "gap_us": 50,
            "rate_pps": Decimal("1.7"),
            "ramp": "phase",
            "ramp_up_s": 7,
            "ramp_down_s": 5,
            "on_s": 31,
            "off_s": Decimal("17.3"),
        },
        2_000,
    ),
    "phase ramp of bursts": (
        {
            "phase_us": 500,
            "gap_us": 50,
            "burst": {"pulses": 3, "inner_pps": 50, "per_s": 2},
            "ramp": "phase",
            "ramp_up_s": 60,
            "ramp_down_s": 0,
        },
        300,
    ),
}


@pytest.mark.parametrize("name", LATE)
def test_late_in_a_session(firmware, name):
    values, skip = LATE[name]
    written = {"name": name, "channels": [1, 2], "minutes": 60, **values}
    check_train(firmware, written, legal(written, firmware.board), PULSES_MAX, skip)


def test_a_ramp_without_duration_is_whole_at_once(firmware):
    written = {
        "name": "no ramp",
        "channels": [1],
        "phase_us": 300,
        "gap_us": 50,
        "rate_pps": 20,
        "minutes": 30,
        "ramp": "phase",
        "ramp_up_s": 0,
        "ramp_down_s": 0,
    }
    check_train(firmware, written, legal(written, firmware.board), 5, 0)


def test_bursts_that_all_but_touch(firmware):
    """A legal burst leaves room for the settling before the next one; what does not is refused."""
    for pulses in range(2, 51):
        burst = {"pulses": pulses, "inner_pps": 150, "per_s": Decimal("19.999")}
        written = {
            "name": "burst",
            "channels": [1],
            "phase_us": 500,
            "gap_us": 500,
            "burst": burst,
            "minutes": 30,
        }
        try:
            program = legal(written, firmware.board)
        except Refused:
            continue
        check_train(firmware, written, program, 2 * pulses, 0)
