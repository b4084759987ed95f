"""The push that latches the amplitude: a settling time before each pulse, never inside one, for
every train.
"""

import pytest
from prescribed import SETTLE_CLOCKS, driven_high, train_words
from stimcore.train import Train

# TIMING.md: from the push to phase A, mov, set and the pulls in between.
LATCH_TO_PHASE_A = SETTLE_CLOCKS + 7
PULSES = 80
TRAINS = {
    "slowest": {"phase_us": 500, "gap_us": 500, "rate_mpps": 1_000},
    "fastest": {"phase_us": 500, "gap_us": 500, "rate_mpps": 150_000},
    "odd": {"phase_us": 37, "gap_us": 11, "rate_mpps": 33_333},
    "burst": {
        "phase_us": 150,
        "gap_us": 50,
        "rate_mpps": 100_000,
        "burst": {"pulses": 7, "inner_mpps": 100_000, "per_s_mpps": 2_000},
    },
    "sweep": {
        "phase_us": 100,
        "gap_us": 50,
        "rate_mpps": 125_000,
        "sweep": {"rate_mpps": [125_000, 2_000], "phase_us": [100, 200], "period_ms": 1_000},
    },
    "phase ramp": {
        "phase_us": 300,
        "gap_us": 50,
        "rate_mpps": 50_000,
        "ramp": "phase",
        "ramp_up_ms": 500,
        "ramp_down_ms": 300,
        "on_ms": 1_000,
        "off_ms": 300,
    },
}


def check_latches(firmware, block, number, *, first_pulse_unlatched=False):
    """Each pulse of a channel has its own push, at its time; besides these there is one after
    the last rest at most.
    """
    pushes = [push.clock for push in block.pushes if push.machine == number - 1]
    phases_a, phases_b = (
        driven_high(block.edges, firmware.gpio[f"CH{number}_{leg}"]) for leg in "AB"
    )
    latched = phases_a[first_pulse_unlatched:]
    assert pushes[: len(latched)] == [on - LATCH_TO_PHASE_A for on, _ in latched]
    assert len(pushes) - len(latched) in (0, 1)
    inside = zip(pushes[not first_pulse_unlatched :], phases_b, strict=False)
    assert all(push > off for push, (_, off) in inside), "latched before the pulse before it ended"


@pytest.mark.parametrize("on_trigger", [False, True])
@pytest.mark.parametrize("name", TRAINS)
def test_latched_a_settling_time_before_each_pulse(firmware, name, on_trigger):
    """Both channels, the second one later; a train that a trigger starts has its first pulse at
    the amplitude it stands at: 0.
    """
    streams = [train_words(Train(TRAINS[name]), PULSES) for _ in (1, 2)]
    counts = (0, 0 if on_trigger else 125 * 1234)
    block = firmware.block(*streams, start_counts=counts, guarded=False, on_trigger=on_trigger)
    block.drive(firmware.gpio["TRIG_IN"], 1, 1000)
    block.run(2**36)
    for number in (1, 2):
        assert len(driven_high(block.edges, firmware.gpio[f"CH{number}_A"])) == PULSES
        check_latches(firmware, block, number, first_pulse_unlatched=on_trigger)


def test_dma_would_take_every_push(firmware):
    """Pushes of a channel are far enough apart that two DMA channels in turn are never late."""
    block = firmware.block(train_words(Train(TRAINS["fastest"]), PULSES), guarded=False)
    block.drain(0)
    block.run(2**36)
    pushes = [push for push in block.pushes if push.machine == 0]
    assert all(push.kept for push in pushes)
    assert min(b.clock - a.clock for a, b in zip(pushes, pushes[1:], strict=False)) > SETTLE_CLOCKS
