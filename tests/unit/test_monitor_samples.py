"""Who samples when: the order of the delays, and that no two samples meet."""

import pytest

from stimcore import monitor
from samples import device_program


# -- who samples when ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    [
        # Offset, order of the delays, both phases; 100 us phases, 50 us gap, 80 pps: phase B 150 us
        # after A, next pulse after 12 500
        # 4 us apart
        (0, (7, 11), True),
        (1, (7, 11), True),
        (2, (7, 11), True),
        (6, (7, 11), True),
        # Channel 2's A 3 us before channel 1's B
        (143, (7, 11), True),
        # 7, 11 would be 2 us
        (144, (11, 7), True),
        (148, (11, 7), True),
        # 3 us after it
        (149, (7, 11), True),
        (6_250, (7, 11), True),
        # Channel 2's B 3 us before channel 1's next A
        (12_343, (7, 11), True),
        (12_344, (11, 7), True),
        (12_349, (7, 11), True),
        (12_493, (7, 11), True),
        (12_494, (11, 7), True),
        (12_499, (7, 11), True),
    ],
)
def test_order_of_the_delays(row):
    offset_us, order, both_phases = row
    assert monitor.plan(device_program(offset_us=offset_us)) == order + (both_phases,)


@pytest.mark.parametrize(
    "row",
    [
        # Sweep of the phase, 20 to 500 us, gap 50: phase B 70 to 550 us after A
        (0, True),
        # 66 and 58 us apart
        (62, True),
        (64, True),
        (75, False),
        (300, False),
        (557, True),
        (9_000, True),
        (9_440, True),
        # Phase B comes up to 550 us later, and the next pulse 540 after
        (9_460, False),
        (9_990, False),
    ],
)
def test_phase_b_is_left_out_where_a_sweep_could_bring_samples_together(row):
    offset_us, both_phases = row
    sweep = {"rate_pps": [100, 20], "phase_us": [20, 500], "period_s": 10}
    assert (
        monitor.plan(
            device_program(phase_us=None, rate_pps=None, sweep=sweep, offset_us=offset_us)
        )[2]
        is both_phases
    )


@pytest.mark.parametrize(
    "row",
    [
        # Bursts of 7 pulses at 100 pps, 2 a second: the next pulse after 10 000 us or, behind the
        # last, after 440 000
        (0, (7, 11), True),
        (149, (7, 11), True),
        (9_843, (7, 11), True),
        (9_844, (11, 7), True),
        (9_994, (11, 7), True),
        (9_999, (7, 11), True),
    ],
)
def test_order_of_the_delays_in_bursts(row):
    offset_us, order, both_phases = row
    burst = {"pulses": 7, "inner_pps": 100, "per_s": 2}
    assert monitor.plan(
        device_program(rate_pps=None, burst=burst, offset_us=offset_us)
    ) == order + (both_phases,)


def test_the_pause_behind_a_burst_counts_too():
    """Two pulses 10 ms apart, 75 bursts a second: 3 333 us of pause. What is clear of every 10
    000 us may meet the next burst.
    """
    burst = {"pulses": 2, "inner_mpps": 100_000, "per_s_mpps": 75_000}
    of_program = {
        "phase_us": 100,
        "gap_us": 50,
        "channels": [1, 2],
        "burst": burst,
        "rate_mpps": 100_000,
    }
    for offset_us, order in ((3_327, (11, 7)), (3_300, (7, 11)), (9_994, (11, 7))):
        of_program["offset_us"] = offset_us
        assert monitor.plan(of_program)[:2] == order
    # Behind the pause, with phase B 70 to 150 us after phase A: all of channel 1's next pulse is
    # over 1.5 ms before channel 2's.
    assert monitor.plan(dict(of_program, ramp="phase", offset_us=5_000)) == (7, 11, True)


def test_a_burst_of_many_has_the_pause_behind_its_last_pulse():
    """Five pulses 3 ms apart, 60 bursts a second: 16 667 us less four times 3 ms are 4 667 us of
    pause.
    """
    burst = {"pulses": 5, "inner_mpps": 333_333, "per_s_mpps": 60_000}
    of_program = {
        "phase_us": 100,
        "gap_us": 50,
        "channels": [1, 2],
        "burst": burst,
        "rate_mpps": 333_333,
    }
    for offset_us, order in (
        (4_500, (7, 11)),
        (4_660, (7, 11)),
        (4_661, (11, 7)),
        (4_665, (11, 7)),
        (2_994, (11, 7)),
        (2_900, (7, 11)),
    ):
        of_program["offset_us"] = offset_us
        assert monitor.plan(of_program) == order + (True,), offset_us


def test_no_offset_is_an_offset_of_0():
    """Phases and gap of 3 us: phase B's sample comes 6 us after phase A's, 2 us from the other
    channel's in either order.
    """
    of_program = {"phase_us": 3, "gap_us": 3, "channels": [1, 2], "rate_mpps": 80_000}
    assert monitor.plan(of_program) == monitor.plan(dict(of_program, offset_us=0)) == (7, 11, False)


def test_a_ramp_of_the_phase_begins_with_short_ones():
    """Phase B comes 70 to 261 us after phase A: from 20 us up, and 211 at the most."""
    for offset_us, both_phases in ((50, True), (100, False), (250, False), (275, True)):
        assert (
            monitor.plan(device_program(phase_us=211, ramp="phase", offset_us=offset_us))[2]
            is both_phases
        )


@pytest.mark.parametrize(
    "apart, clear", [(-3, True), (-2, False), (0, False), (2, False), (3, True)]
)
def test_two_samples_of_one_moment_are_never_clear(apart, clear):
    assert monitor._samples_clear(device_program(), apart, 1) is clear


def test_an_offset_that_no_order_fits_is_refused():
    with pytest.raises(ValueError) as caught:
        monitor.plan(
            {
                "phase_us": 20,
                "gap_us": 5,
                "channels": [1, 2],
                "rate_mpps": 200_000_000,
                "offset_us": 2,
            }
        )
    assert str(caught.value) == "offset_us 2"


def meets(of_program, offset_us, first, second, phases):
    """True when two samples could come closer than 3 us, by trying every phase and every period.
    Written from what a sample is.
    """
    shortest_us, longest_us = sorted(of_program["sweep"]["phase_us"])
    gap_us = of_program["gap_us"]
    fastest, slowest = [
        round(1_000_000_000 / rate)
        for rate in sorted(of_program["sweep"]["rate_mpps"], reverse=True)
    ]
    # Samples of channel 2's pulse; channel 1's own begins at 0, and its phases are as long
    of_two = offset_us + second
    for phase_us in range(shortest_us, longest_us + 1):
        b_us = phase_us + gap_us
        one = (first, first + b_us)[:phases]
        two = (of_two, of_two + b_us)[:phases]
        for a in one:
            for b in two:
                if abs(a - b) < 3:
                    return True
        for period_us in range(fastest, slowest + 1):
            for next_us in range(shortest_us, longest_us + 1) if phases == 2 else (0,):
                for a in (period_us + first, period_us + first + next_us + gap_us)[:phases]:
                    for b in two:
                        if abs(a - b) < 3:
                            return True
    return False


@pytest.mark.parametrize("phases_us", [(20, 20), (20, 23), (30, 39)])
@pytest.mark.parametrize("rates_mpps", [(10_000_000, 10_000_000), (10_309_278, 9_803_922)])
def test_the_plan_is_the_first_order_in_which_no_samples_meet(phases_us, rates_mpps):
    """Periods of 97 to 102 us, far below what is legal: all that can meet is near, and every
    offset is tried.
    """
    of_program = {
        "channels": [1, 2],
        "gap_us": 7,
        "sweep": {"rate_mpps": rates_mpps, "phase_us": phases_us},
    }
    for offset_us in range(95):
        of_program["offset_us"] = offset_us
        orders = [(7, 11, 2), (11, 7, 2), (7, 11, 1), (11, 7, 1)]
        free = [order for order in orders if not meets(of_program, offset_us, *order)]
        try:
            first, second, both = monitor.plan(of_program)
            planned = (first, second, 2 if both else 1)
        except ValueError:
            planned = None
        assert planned == (free[0] if free else None), (offset_us, planned, free)


@pytest.mark.parametrize("phases_us", [(5, 5), (5, 8), (7, 17)])
@pytest.mark.parametrize("rates_mpps", [(25_000_000, 25_000_000), (25_000_000, 23_809_524)])
def test_samples_are_clear_exactly_where_none_meet(phases_us, rates_mpps):
    """Periods of 40 to 42 us; channel 2 from long before channel 1 to just behind its next pulse,
    as far as an offset below a period and the delays can bring it: every side of the samples is
    passed."""
    of_program = {
        "channels": [1, 2],
        "gap_us": 3,
        "sweep": {"rate_mpps": rates_mpps, "phase_us": phases_us},
    }
    for apart_us in range(-40, 44):
        for phases in (1, 2):
            clear = monitor._samples_clear(of_program, apart_us, phases)
            assert clear is not meets(of_program, apart_us, 0, 0, phases), (apart_us, phases)


def test_every_offset_has_a_plan():
    """Both ends of the period, where all that can be in the way is."""
    sweep = {"rate_pps": [150, 1], "phase_us": [20, 500], "period_s": 10}
    for changes in ({"rate_pps": 150}, {"phase_us": None, "rate_pps": None, "sweep": sweep}):
        of_program = device_program(**changes)
        for offset_us in list(range(30)) + list(range(6_637, 6_667)):
            of_program["offset_us"] = offset_us
            assert sorted(monitor.plan(of_program)[:2]) == [7, 11]


@pytest.mark.parametrize("channel", [1, 2])
def test_a_channel_alone_takes_the_early_sample(channel):
    assert monitor.plan(device_program(channels=[channel])) == (7, 7, True)
