"""Ledger and device time."""

import pytest

from stimcore.devicetime import DeviceTime
from stimcore.ledger import Ledger


def test_charge_adds_up_without_losing_the_small_change():
    ledger = Ledger()
    for _ in range(1_000):
        # 123 nC a phase (rounded down), three pulses
        ledger.add(3, 1_234, 100)
    assert (ledger.pulses, ledger.charge_uc, ledger.peak_ua) == (3_000, 369, 1_234)


def test_a_reset_starts_again():
    ledger = Ledger()
    ledger.add(10, 30_000, 300)
    ledger.reset()
    assert (ledger.pulses, ledger.charge_uc, ledger.peak_ua) == (0, 0, 0)


def test_time_goes_on_from_the_last_record_and_never_backwards():
    time = DeviceTime(1_000)
    assert time.now_s(0) == 1_000 and time.now_s(5_500) == 1_005
    assert time.set(2_000, 6_000) == 2_000 and time.now_s(7_000) == 2_001
    assert time.set(1_500, 8_000) == 2_002


def totals(ledger):
    return ledger.pulses, ledger.charge_uc, ledger.peak_ua, ledger.measured_uc


def test_a_new_ledger_is_empty():
    assert totals(Ledger()) == (0, 0, 0, 0)


# (pulses, uA, us) booked one after the other, then pulses, uC and peak: by hand, each phase rounded
# down to 1 nC
BOOKED = [
    # 1 000 nC
    ([(1, 10_000, 100)], (1, 1, 10_000)),
    # 999 nC
    ([(1, 9_999, 100)], (1, 0, 9_999)),
    # 999 + 1 nC
    ([(1, 9_999, 100), (1, 10, 100)], (2, 1, 9_999)),
    # 999 + 0 nC: each phase is rounded for itself
    ([(1, 9_999, 100), (1, 9, 100)], (2, 0, 9_999)),
    ([(3, 30_000, 300)], (3, 27, 30_000)),
    ([(2, 15_000, 50), (2, 15_000, 50), (1, 500, 1)], (5, 3, 15_000)),
    ([(1, 20_000, 100), (1, 30_000, 100), (1, 10_000, 100)], (3, 6, 30_000)),
    # Asked for, and no pulse came: no charge
    ([(0, 40_000, 500)], (0, 0, 40_000)),
    # Pulses at 0 mA
    ([(5, 0, 500)], (5, 0, 0)),
    # 1.999 nC is 1 nC, a thousand times
    ([(1, 1_999, 1), (999, 1_999, 1)], (1_000, 1, 1_999)),
]


@pytest.mark.parametrize("row", BOOKED)
def test_what_is_booked(row):
    entries, (pulses, charge_uc, peak_ua) = row
    ledger = Ledger()
    for entry in entries:
        ledger.add(*entry)
    assert totals(ledger) == (pulses, charge_uc, peak_ua, 0)


# (sum of counts, us, uA per 64 counts) one after the other, then uC: counts * us / 1000 rounded
# down, times uA, / 64, rounded down
MEASURED = [
    # 6 400 * 10 / 64 = 1 000 nC; 6 399 * 10 / 64 = 999 nC
    ([(64_000, 100, 10)], 1),
    ([(63_999, 100, 10)], 0),
    # 999 + 1 (7 * 10 / 64 = 1.09) nC
    ([(63_999, 100, 10), (70, 100, 10)], 1),
    # 999 + 0 (6 * 10 / 64 = 0.94) nC
    ([(63_999, 100, 10), (60, 100, 10)], 0),
    # 1 000 leaves nothing over, 999 do not make the next
    ([(64_000, 100, 10), (63_999, 100, 10)], 1),
    # 0.999 counts-ms are none
    ([(999, 1, 128_000)], 0),
    ([(100 * 372, 250, 1_719)], 249),
    ([(640_000, 500, 1_719)] * 3, 25_785),
    ([(0, 500, 1_719)], 0),
]


@pytest.mark.parametrize("row", MEASURED)
def test_what_is_measured(row):
    entries, measured_uc = row
    ledger = Ledger()
    for entry in entries:
        ledger.measure(*entry)
    assert totals(ledger) == (0, 0, 0, measured_uc)


def test_a_reset_forgets_the_small_change_too():
    ledger = Ledger()
    # 999 nC
    ledger.add(1, 9_990, 100)
    # 999 nC
    ledger.measure(63_999, 100, 10)
    ledger.reset()
    # 1 nC
    ledger.add(1, 10, 100)
    # 1 nC
    ledger.measure(70, 100, 10)
    assert totals(ledger) == (1, 0, 10, 0)


def test_measured_charge_is_counts_times_phase_in_the_boards_scale():
    ledger = Ledger()
    # 10 mA measured as 372 counts of 26.86 uA, 100 pulses of 250 us a second
    for _ in range(60):
        ledger.measure(100 * 372, 250, 1_719)
    assert abs(ledger.measured_uc - 60 * 100 * 2.498) < 2
    ledger.reset()
    assert ledger.measured_uc == 0
