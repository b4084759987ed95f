"""Ledger and device time."""

from stimcore.devicetime import DeviceTime
from stimcore.ledger import Ledger


def test_charge_adds_up_without_losing_the_small_change():
    ledger = Ledger()
    for _ in range(1_000):
        ledger.add(3, 1_234, 100)  # 123 nC a phase (rounded down), three pulses
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


def test_measured_charge_is_counts_times_phase_in_the_boards_scale():
    ledger = Ledger()
    for _ in range(60):  # 10 mA measured as 372 counts of 26.86 uA, 100 pulses of 250 us a second
        ledger.measure(100 * 372, 250, 1_719)
    assert abs(ledger.measured_uc - 60 * 100 * 2.498) < 2
    ledger.reset()
    assert ledger.measured_uc == 0
