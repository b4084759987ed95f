"""Limits by search: whatever `check` lets pass, expanded pulse by pulse, stays below every
ceiling in its worst second.
"""

from array import array
from bisect import bisect_left

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from samples import board, document, program

from stimcore import prescription
from stimcore.errors import Refused
from stimcore.train import Train
from stimcore.busy import busiest_mpps

CLOCKS_PER_S = 125_000_000
PULSES = 32

_RATE = st.integers(1_000, 150_000)
_PHASE = st.integers(20, 500)


def _mpps(value):
    return value / 1_000


_PATTERNS = st.one_of(
    st.fixed_dictionaries({"rate_pps": _RATE.map(_mpps), "phase_us": _PHASE}),
    st.fixed_dictionaries(
        {
            "rate_pps": st.none(),
            "phase_us": _PHASE,
            "burst": st.fixed_dictionaries(
                {
                    "pulses": st.integers(2, 50),
                    "inner_pps": _RATE.map(_mpps),
                    "per_s": st.one_of(st.integers(125, 20_000), st.integers(900, 2_500)).map(
                        _mpps
                    ),
                }
            ),
        }
    ),
    st.fixed_dictionaries(
        {
            "rate_pps": st.none(),
            "phase_us": st.none(),
            "sweep": st.fixed_dictionaries(
                {
                    "rate_pps": st.tuples(_RATE.map(_mpps), _RATE.map(_mpps)).map(list),
                    "phase_us": st.tuples(_PHASE, _PHASE).map(list),
                    "period_s": st.integers(1, 4),
                }
            ),
        }
    ),
    st.fixed_dictionaries(
        {
            "rate_pps": _RATE.map(_mpps),
            "phase_us": _PHASE,
            "ramp": st.just("phase"),
            "ramp_up_s": st.integers(0, 2),
        }
    ),
    st.fixed_dictionaries(
        {
            "rate_pps": _RATE.map(_mpps),
            "phase_us": _PHASE,
            "on_s": st.integers(4, 8),
            "off_s": st.integers(1, 5),
        }
    ),
)


def device_form(pattern, mm2):
    rx = prescription.from_toml_dict(document(program(gap_us=5, **pattern)))
    rx["electrode_mm2"] = mm2
    return rx


def most_ua(rx):
    """The highest cap that is let pass; None when none is."""

    def _passes(ua):
        rx["caps"]["ch1_ua"] = rx["caps"]["ch2_ua"] = ua
        try:
            prescription.check(rx, board())
        except Refused:
            return False
        return True

    if not _passes(0):
        return None
    low, high = 0, 100_000
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _passes(middle) else (low, middle - 1)
    return low


def expanded(of_program, seconds):
    """(start clock, clocks of phase A) of each pulse, from the words themselves; the added
    clocks are those of TIMING.md.
    """
    train, halves, found, clock = Train(of_program), array("H", bytes(4 * 3 * PULSES)), [], 0
    while clock < seconds * CLOCKS_PER_S:
        train.fill(halves, PULSES)
        for k in range(0, 6 * PULSES, 6):
            phase, gap = halves[k] + 2, halves[k + 1] + 4
            found.append((clock, phase))
            clock += (
                2 * phase
                + gap
                + (halves[k + 2] | halves[k + 3] << 16)
                + (halves[k + 4] | halves[k + 5] << 16)
                + 11
            )
    return found


def worst_second(found):
    """(seconds of phase A, pulses) of the fullest second that begins with a pulse."""
    starts, total = [clock for clock, _ in found], [0]
    for _, phase in found:
        total.append(total[-1] + phase)
    ends = [
        bisect_left(starts, clock + CLOCKS_PER_S)
        for clock in starts
        if clock + CLOCKS_PER_S <= starts[-1]
    ]
    return max(total[end] - total[i] for i, end in enumerate(ends)) / CLOCKS_PER_S, max(
        end - i for i, end in enumerate(ends)
    )


@settings(max_examples=250)
@given(
    pattern=_PATTERNS,
    mm2=st.one_of(st.sampled_from([100, 400, 2_500, 40_000]), st.integers(100, 40_000)),
)
def test_no_program_that_passes_exceeds_a_ceiling_in_its_worst_second(pattern, mm2):
    """The ceilings are those of the fact sheet: 50 mA and 2 mA/cm2 r.m.s., 10 mA average, 0.25
    W/cm2 into 500 ohm, charge a phase.
    """
    try:
        rx = device_form(pattern, mm2)
        ua = most_ua(rx)
    except Refused:
        ua = None
    assume(ua)
    of_program = rx["programs"][0]
    # A burst every 8 s: two of them. A sweep: to its end and back, and a second more.
    found = expanded(of_program, 18 if "burst" in pattern and pattern["burst"]["per_s"] < 1 else 6)
    phase_s, pulses = worst_second(found)
    longest_us = max(phase for _, phase in found) / 125
    rms_ua, average_ua, cm2 = ua * (2 * phase_s) ** 0.5, ua * 2 * phase_s, mm2 / 100
    assert rms_ua <= 50_000 * 1.000_001
    assert rms_ua <= 2_000 * cm2 * 1.000_001
    assert average_ua < 10_000
    assert (rms_ua * 1e-6) ** 2 * 500 < 0.25 * cm2
    assert ua * longest_us / 1_000 <= min(20_000 + 28 * longest_us, 1_000 * (cm2 * 10**1.5) ** 0.5)
    assert pulses * 1_000 <= busiest_mpps(of_program)
    if "sweep" not in pattern:
        # And refuses nothing for a pulse that never comes
        assert pulses * 1_000 == busiest_mpps(of_program)
