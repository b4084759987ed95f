"""The output stage in line with the session: what goes off, in which order, and what is compared
with what.
"""

import pytest

# First: imports of the Unix port nest only so deep
from stimcore import panel  # noqa: F401

# isort: split
from supervised import COUNTS_A_MA, ROUND_MS, Rig, flowing


def outputs(rig):
    return rig.supervisor._outputs


def reason(rig):
    return rig.device.session.latch.reason


def test_a_trip_leaves_nothing_on():
    """Amplitude and guard first; then monitors, meters, trains."""
    rig = Rig().running()
    del rig.calls[:]
    rig.hal.levels.loop_open = True
    rig.run(ROUND_MS)
    off = ("amplitude_off", "disarm", "unwatch_legs", "measure_no_more", "stop")
    assert [call for call in rig.calls if call in off] == list(off)
    assert not outputs(rig).armed and not outputs(rig).pulsing


def test_an_end_stops_the_train_and_disarms_a_round_later():
    rig = Rig().running()
    del rig.calls[:]
    rig.device.session.end_now("host")
    rig.run(ROUND_MS)
    assert "stop" in rig.calls and "disarm" not in rig.calls and not outputs(rig).pulsing
    rig.run(2 * ROUND_MS)
    assert "disarm" in rig.calls and not outputs(rig).armed
    assert rig.device.session.state in ("ENDED", "READY")


def test_a_pause_stops_the_train_before_it_disarms():
    rig = Rig().running()
    del rig.calls[:]
    rig.press("START", 100)
    rig.run(2_000)
    assert rig.device.session.state == "PAUSED" and rig.calls.index("stop") < rig.calls.index(
        "disarm"
    )


@pytest.mark.parametrize("less, wrong", [(10, False), (-10, False), (12, True), (-12, True)])
def test_a_difference_of_the_phases_is_found_in_either_direction(less, wrong):
    """Of 40 counts: a sixteenth and 8 counts a pulse are what a converter may be off."""
    rig = flowing(1)
    for meter in rig.meters:
        meter.pulses, meter.counts, meter.less = 50, 40, less
    rig.run(600)
    assert reason(rig) == ("unbalanced" if wrong else "none")


@pytest.mark.parametrize("channel", [1, 2])
def test_a_pulse_that_is_not_judged_names_its_channel(channel):
    """HZ4: the machine waits for the words of the next one."""
    rig = flowing(1)
    rig.dry, rig.meters[channel - 1].dry = channel, "no_measurement"
    rig.run(2 * ROUND_MS)
    assert reason(rig) == "no_measurement" and outputs(rig).channel == channel


def test_a_current_above_what_was_asked_for_is_not_set():
    rig = flowing(2)
    session = rig.device.session
    step = session.step

    def more(*told):
        step(*told)
        session.ua[0] = 2_100

    session.step = more
    rig.run(ROUND_MS)
    assert rig.ua[0] == 2_000
    session.step = step
    rig.run(2 * ROUND_MS)
    assert reason(rig) == "registers"


@pytest.mark.parametrize("share, contact", [(100, True), (60, True), (45, False), (20, False)])
def test_half_of_what_was_asked_for_is_contact(share, contact):
    rig = flowing(4)
    for _ in range(4):
        for meter in rig.meters:
            meter.pulses, meter.counts = 1, 4 * COUNTS_A_MA * share // 100 + 1
            meter.last = (meter.counts, meter.counts)
        rig.run(600)
    assert reason(rig) == "none" and rig.device.session.contact == [contact, contact]


def test_nothing_is_told_of_contact_below_a_milliampere():
    rig = flowing(1)
    session = rig.device.session
    session.set_ua[:] = session.ua[:] = [900, 900]
    outputs(rig)._asked_ua[:] = [900, 900]
    outputs(rig)._ua[:] = [900, 900]
    assert outputs(rig)._contact(0) is None and outputs(rig)._contact(1) is None


def test_each_channel_is_told_by_its_own_meter():
    rig = flowing(2)
    rig.meters[0].last, rig.meters[1].last = (2 * COUNTS_A_MA, 0), (COUNTS_A_MA, 0)
    first, second = outputs(rig).measured_ua()
    assert 1_900 < first <= 2_000 and 900 < second <= 1_000


def test_a_new_session_has_new_books_and_one_that_goes_on_its_old_ones():
    rig = flowing(1)
    rig.meters[0].pulses = 20
    rig.run(600)
    assert outputs(rig).ledgers[0].pulses == 20
    rig.press("START", 100)
    rig.run(2_000)
    rig.press("START", 1_200)
    rig.run(200)
    assert rig.device.session.state == "RUNNING" and outputs(rig).ledgers[0].pulses == 20
    outputs(rig).off()
    rig.device.session.fresh = True
    outputs(rig)._arm(rig.device.session)
    assert outputs(rig).ledgers[0].pulses == 0
