"""The width monitors (PIO 1) and the guard on what the firmware's own trains do."""

import pytest
from prescribed import SETTLE_CLOCKS, switched_off, train_words, words_of
from stimcore import presets
from stimcore.pulse import start_count
from stimcore.train import Train
from test_guard import LATENCY_CLOCKS_MAX, SHORT
from test_monitors import LONGEST_US, STUCK_UNTIL_US
from test_prescribed_trains import legal
from watched import (
    clocks,
    program,
    pulled_down,
    replayed,
    rises,
    words,
)


# -- what the firmware's own trains do -------------------------------------------------------------


def written(name, **changes):
    """A [[program]] of both channels."""
    return {"name": name, "channels": [1, 2], "minutes": 20, **changes}


TRAINS = {name: ({"preset": name}, 12) for name in presets.PRESETS} | {
    "fastest, longest": ({"phase_us": 500, "gap_us": 500, "rate_pps": 150}, 4),
    "shortest gap": ({"phase_us": 500, "gap_us": 5, "rate_pps": 150}, 4),
    "shortest of all": ({"phase_us": 20, "gap_us": 5, "rate_pps": 150}, 20),
    "overlapping channels": ({"phase_us": 211, "gap_us": 37, "rate_pps": 99, "offset_us": 230}, 6),
    "channel 2 into the next pulse": (
        {"phase_us": 300, "gap_us": 5, "rate_pps": 150, "offset_us": 6_300},
        5,
    ),
    "phase ramp": (
        {
            "phase_us": 400,
            "gap_us": 50,
            "rate_pps": 50,
            "ramp": "phase",
            "ramp_up_s": 1,
            "ramp_down_s": 0,
        },
        30,
    ),
    "fast sweep": (
        {"gap_us": 5, "sweep": {"rate_pps": [150, 20], "phase_us": [20, 500], "period_s": 1}},
        30,
    ),
    "doublets": (
        {"phase_us": 300, "gap_us": 5, "burst": {"pulses": 2, "inner_pps": 150, "per_s": 20}},
        8,
    ),
    "triggered": ({"phase_us": 300, "gap_us": 5, "rate_pps": 100, "trigger": True}, 5),
}


def emitted(firmware, name):
    """(device form, block 0 after the pulses of the train)."""
    values, pulses = TRAINS[name]
    of_program = legal(written(name, **values), firmware.board)
    streams = [train_words(Train(of_program), pulses) for _ in (1, 2)]
    block = firmware.block(
        *streams,
        on_trigger=bool(of_program.get("trigger")),
        guarded=False,
        start_counts=(0, start_count(of_program.get("offset_us", 0))),
    )
    block.drive(firmware.gpio["TRIG_IN"], 1, 1_000)
    block.run(2**36)
    assert len(rises(block.edges, firmware.gpio["CH2_B"])) == pulses
    return of_program, block


@pytest.mark.parametrize("both_phases", [True, False])
@pytest.mark.parametrize("name", TRAINS)
def test_no_train_trips(firmware, name, both_phases):
    of_program, block = emitted(firmware, name)
    for later in (0, 12):
        watching = firmware.monitor_block(words(of_program), both_phases)
        end = replayed(watching, firmware, block.edges, later)
        watching.run(end + clocks(LONGEST_US + 20))
        assert pulled_down(watching, firmware) is None


# -- together with the guard -----------------------------------------------------------------------

STUCK = {
    # Role: what the world does to its pad, from a clock of the pulse on
    "driver of leg A fails high": ("CH1_A", 10),
    "leg A comes on in the gap": ("CH1_A", 22),
    "leg B comes on in phase A": ("CH1_B", 7),
    "leg A comes on in phase B": ("CH1_A", 30),
    "leg B stays on": ("CH1_B", 40),
    "leg A of channel 2 comes on at rest": ("CH2_A", 500),
}


@pytest.mark.parametrize("name", STUCK)
def test_the_guard_follows(firmware, name):
    """Pulse machine and monitors on the same pads, INTERLOCK_N between them: all five outputs
    low, then high-Z.
    """
    role, from_us = STUCK[name]
    start = SETTLE_CLOCKS + 11
    fails = start + clocks(from_us)

    def outputs():
        return firmware.block(words_of(SHORT), words_of(SHORT), start_counts=(0, clocks(3)))

    undisturbed = outputs()
    undisturbed.run(fails + clocks(60))
    assert undisturbed.directions and not undisturbed.irq
    monitors = firmware.monitor_block(words(program(20, 5)))
    replayed(
        monitors,
        firmware,
        [e for e in undisturbed.edges if e.clock < fails or e.pin != firmware.gpio[role]],
    )
    monitors.drive(firmware.gpio[role], 1, fails)
    monitors.run(fails + clocks(60))
    at = pulled_down(monitors, firmware)
    assert fails < at <= fails + clocks(20 + STUCK_UNTIL_US)

    tripped = outputs()
    tripped.drive(firmware.gpio["INTERLOCK_N"], 0, at)
    tripped.run(at + clocks(60))
    assert tripped.irq & 1
    assert switched_off(tripped, firmware.guarded_pins) - at <= LATENCY_CLOCKS_MAX
