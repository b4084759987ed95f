"""What the output stage tells monitors, meters and engine when it arms and starts, and what it
books when and for which current.
"""

import pytest

# First: imports of the Unix port nest only so deep
from stimcore import panel

# isort: split
from samples import document, program
from supervised import ROUND_MS, Rig, flowing
from stimcore import prescription

# 30 mV a mA, 3.3 V are 4095
COUNTS_A_MA = 30 * 4_095 / 3_300


def told(rig, driver, name):
    """What a driver is told from now on."""
    calls = []
    setattr(driver, name, lambda *arguments: calls.append(arguments))
    return calls


def outputs(rig):
    return rig.supervisor._outputs


def armed_with(caps_ua=(30_000, 20_000), **changes):
    """(what the monitors, the meters and the engine were told) of a session with this program."""
    rig = Rig()
    rx = prescription.from_toml_dict(document(program(minutes=5, ramp_up_s=0, **changes)))
    rig.device.session.load(rx["programs"], caps_ua)
    rig.meters[0].adc_input, rig.meters[1].adc_input = 0, 1
    legs, samples = told(rig, rig.hal.monitors, "arm"), told(rig, rig.hal.sensing, "start")
    trains, waits = (
        told(rig, rig.hal.engine, "start"),
        told(rig, rig.hal.engine, "start_on_trigger"),
    )
    running = told(rig, rig.hal.watch, "expect_running")
    rig.running()
    return legs, samples, trains, waits, running


def fields(word):
    """Of a leg A's monitor, by the listing of firmware/TIMING.md: sample delay, input, width,
    gap, input.
    """
    return word & 31, word >> 5 & 3, word >> 7 & 511, word >> 16 & 511, word >> 25 & 3


def test_each_leg_is_watched_with_its_width_and_each_channel_sampled_at_its_time():
    """HZ2, HZ4: 100 us wide, 50 apart; 7 and 11 turns until the sample; the width goes on where
    the delay ends.
    """
    legs, samples, _, _, running = armed_with()
    ((words, both_phases),) = legs
    assert [fields(words[0]), fields(words[2])] == [
        (7, 0, 100 - 1 - 7, 50 + 7 - 1, 0),
        (11, 1, 100 - 1 - 11, 50 + 11 - 1, 1),
    ]
    assert words[1] == words[3] == 100 and both_phases is True and running == [([1, 2],)]


def test_no_sample_may_exceed_its_own_cap_by_more_than_a_tenth_and_20_counts():
    """HZ9, HZ4: and lead-off counts from 5 mA, less what rounding takes."""
    _, samples, _, _, _ = armed_with()
    ((channels, most, lead_off_from, both_phases, too_soon_us),) = samples
    # HZ1: half of 12.5 ms
    assert channels == [1, 2] and both_phases is True and too_soon_us == 6_250
    assert most == [
        int(33 * COUNTS_A_MA) + 20,
        int(22 * COUNTS_A_MA) + 20,
    ] and lead_off_from == int(4.9 * COUNTS_A_MA)


def test_each_train_begins_after_no_pulse():
    """HZ1: the pulse before is of another train, however near it is."""
    rig = flowing(1)
    begun = [meter.begun for meter in rig.meters]
    assert min(begun) == 1
    outputs(rig)._stop()
    outputs(rig)._start(rig.device.session.program)
    assert [meter.begun for meter in rig.meters] == [2, 2]


def test_a_train_starts_where_its_offset_says():
    """HZ9: 125 clocks a us later, of channel 2 alone."""
    for offset_us in (0, 4_000):
        _, _, trains, waits, _ = armed_with(offset_us=offset_us)
        ((prepared,),) = trains
        first, second = prepared
        assert (
            (first[0], second[0]) == (1, 2)
            and second[2] - first[2] == 125 * offset_us
            and not waits
        )
        assert first[1] is not second[1]


def test_one_channel_alone_has_no_train_of_the_other():
    _, samples, trains, _, running = armed_with(channels=[2])
    assert [row[0] for row in trains[0][0]] == [2] and samples[0][0] == [2] and running == [([2],)]


def test_a_program_that_waits_for_a_trigger_is_started_by_it_and_tells_when_it_came():
    """HZ1: until then nothing counts."""
    _, _, trains, waits, _ = armed_with(trigger=True)
    assert len(waits) == 1 and not trains
    rig = Rig()
    rx = prescription.from_toml_dict(document(program(minutes=5, ramp_up_s=0, trigger=True)))
    rig.device.session.load(rx["programs"], (30_000, 30_000))
    rig.hal.engine.started = lambda: False
    rig.running()
    rig.press("UP", 50)
    rig.run(2_000)
    assert rig.ua == [0, 0] and not outputs(rig).started()
    rig.hal.engine.started = lambda: True
    rig.run(100)
    assert outputs(rig).started() and rig.ua == [1_000, 1_000]


# --- books ----------------------------------------------------------------------------------------


def test_pulses_are_booked_at_the_current_that_they_had():
    """HZ6: 20 pulses of 2 mA and 100 us are 4 uC; those after the press count as 3 mA."""
    rig = flowing(2)
    ledger = outputs(rig).ledgers[0]
    before = ledger.charge_uc
    rig.meters[0].pulses, rig.meters[0].counts = 20, int(2 * COUNTS_A_MA)
    rig.press("UP", 50)
    assert rig.ua[0] == 3_000 and ledger.charge_uc - before == 4
    rig.meters[0].pulses, rig.meters[0].counts = 20, int(3 * COUNTS_A_MA)
    rig.run(600)
    assert ledger.charge_uc - before == 10 and ledger.peak_ua == 3_000


def test_a_pulse_of_before_the_drop_is_not_too_strong():
    """HZ9 without a false trip: DOWN held goes to 0 at once; the pulse on its way still had 10
    mA.
    """
    rig = flowing(10)
    rig.hal.levels.pressed = 1 << panel.BUTTONS.index("DOWN")
    while rig.ua[0]:
        rig.run(ROUND_MS)
    rig.hal.levels.pressed = 0
    rig.meters[0].pulses, rig.meters[0].counts = 1, int(10 * COUNTS_A_MA)
    rig.run(600)
    assert rig.device.session.state == "RUNNING"


def test_at_a_stop_the_last_pulse_is_waited_for_then_booked():
    """HZ6: the train ends, its last sample comes, and only then are the books closed."""
    rig = flowing(2)
    del rig.calls[:]
    taken = rig.meters[0].taken
    rig.meters[0].taken = lambda into: rig.calls.append("taken") or taken(into)
    rig.device.session.end_now("host")
    rig.run(ROUND_MS)
    order = [call for call in rig.calls if call in ("stop", "wait", "taken")]
    assert order[:3] == ["stop", "wait", "taken"]


def test_after_a_trip_the_books_are_closed_once_everything_is_off():
    rig = flowing(2)
    del rig.calls[:]
    ledger, taken = outputs(rig).ledgers[0], rig.meters[0].taken
    pulses = ledger.pulses
    rig.meters[0].taken = lambda into: rig.calls.append("taken") or taken(into)
    rig.meters[0].pulses, rig.meters[0].counts = 3, int(2 * COUNTS_A_MA)
    rig.hal.levels.loop_open = True
    rig.run(ROUND_MS)
    order = [call for call in rig.calls if call in ("amplitude_off", "disarm", "stop", "taken")]
    assert order[:4] == ["amplitude_off", "disarm", "stop", "taken"] and ledger.pulses == pulses + 3


def test_how_far_a_cut_pulse_had_come_is_told_by_the_moment_of_the_cut():
    """HZ6: read before the guard is disarmed, which takes its path too. The sample came 7 us
    into a phase of 100: cut 30 us later, 37 - 7.
    """
    rig = flowing(2)

    def disarm():
        rig.hal.guard.trip_us[0] = 99_999

    rig.hal.guard.disarm = disarm
    rig.hal.guard.trip_us[0] = 5_030
    rig.meters[0].at_us, rig.meters[1].at_us = 5_000, 0
    rig.tripped = rig.hal.levels.loop_open = True
    rig.run(ROUND_MS)
    totals = outputs(rig).totals()
    assert totals["trip_us"] == 5_030 and totals["cut_us"] == [[44, 0], None]


# A register, and of the watch's own numbers the last: a monitor has left its program
@pytest.mark.parametrize("wrong", [0x40050000, -10])
def test_the_register_that_was_found_is_told(wrong):
    rig = flowing(1)
    rig.wrong = wrong
    rig.run(ROUND_MS)
    assert outputs(rig).totals()["register"] == wrong
    assert rig.device.session.latch.reason == "registers"


def test_a_monitor_that_pulls_though_the_line_stays_high_is_told_as_width():
    """HZ2: the place where it pulls is none of its own either, and says more."""
    rig = flowing(1)
    rig.wrong, rig.leg = -10, "CH1_B"
    rig.run(ROUND_MS)
    assert rig.device.session.latch.reason == "width"


def test_a_session_without_meters_tells_nothing_that_nobody_saw():
    rig = flowing(1)
    assert set(outputs(rig).totals()) == {"pulses", "uc", "muc"}
    for meter in rig.meters:
        meter.fitted = False
    assert outputs(rig).totals() == {}


# --- what is found --------------------------------------------------------------------------------


def test_a_wrong_sample_is_told_before_the_guard_that_it_made_cut():
    """HZ4: with its channel; the guard has tripped too."""
    rig = flowing(5)
    rig.meters[1].fault, rig.tripped, rig.expired = "lead_off", True, True
    rig.run(ROUND_MS)
    assert rig.device.session.latch.reason == "lead_off"
    last = list(rig.device.journal.since("reason"))[-1]
    assert last["reason"] == "lead_off" and last["channel"] == 2


def test_an_output_that_could_not_be_armed_says_so_whatever_else_is_wrong():
    """HZ2: the guard was not armed, so everything that is asked of it differs."""
    rig = Rig()
    rig.line_pulls, rig.wrong = False, 0x502000D4
    rig.press("START", 1_200)
    assert rig.device.session.latch.reason == "width" and "arm" not in rig.calls


@pytest.mark.parametrize("late", ["short", ""])
def test_a_short_that_comes_while_the_round_goes_on_is_asked_for(late):
    """The levels were read at its beginning; the guard has cut since."""
    rig = flowing(1)

    def read():
        if rig.tripped:
            rig.hal.levels.short = bool(late)

    rig.tripped = True
    reads = iter((lambda: None, read))
    rig.hal.levels.read = lambda: next(reads, read)()
    rig.run(ROUND_MS)
    assert rig.device.session.latch.reason == (late or "interlock_open")


def test_a_cut_by_the_cpu_is_no_open_loop():
    """HZ2: a monitor's interrupt came, and no monitor pulls."""
    rig = Rig().running()
    rig.tripped = rig.let_go = True
    rig.run(20)
    assert rig.device.session.latch.reason == "registers"


def test_what_a_round_finds_late_is_told_in_the_next_with_no_channel():
    rig = flowing(1)
    outputs(rig).channel = 2
    rig.dry = 1
    rig.run(2 * ROUND_MS)
    assert rig.device.session.latch.reason == "engine_dry" and outputs(rig).channel == 0


def test_nothing_that_was_found_before_outlives_an_arming():
    rig = flowing(1)
    rig.dry = 1
    rig.run(100)
    assert rig.device.session.latch.reason == "engine_dry"
    rig.dry = 0
    rig.press("START", 1_200)
    rig.running()
    rig.run(600)
    assert rig.device.session.state == "RUNNING" and outputs(rig).register == 0
