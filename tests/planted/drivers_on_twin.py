"""Defects that only the whole chip shows: when an interrupt comes, how long a round
and a pulse that is shown take.
"""

# fmt: off

from planted.row import of

_CURRENT = "tests/twin/test_measured_current.py::"
_BROKEN = "tests/twin/test_broken_things.py::"

ON_TWIN = (
    *of(
        "hal/rehearsal.py",
        "tests/twin/test_self_test.py::test_a_time_is_taken_without_memory_which_a_full_heap_is_slow_to_give",
        ("HZ2", "an address is made while a rehearsal's time runs", "regs.write(control, shown)", "regs.gpio_function(gpio, regs.FUNC_NULL | level)"),
    ),
    *of(
        "hal/meters.py",
        _CURRENT + "test_a_stuck_amplitude_is_cut_inside_the_pulse_that_shows_it tests/twin/test_broken_lines.py::test_a_sample_above_the_cap_is_cut_in_its_pulse",
        ("HZ9", "a sample is judged when Python has time", ".irq(judged.stored, hard=True)", ".irq(judged.stored, hard=False)"),
    ),
    *of(
        "hal/judged.py",
        _BROKEN + "test_legs_closer_than_the_dead_time_come_once_at_the_most",
        ("HZ3", "the loop of the gap is written once a round", "    memory[1] = _JMP_GAP\n", ""),
        ("HZ3", "the gap is written one place behind", "_GAP_PLACE_BELOW = const(0xA8)", "_GAP_PLACE_BELOW = const(0xA4)"),
    ),
    *of(
        "hal/pulled.py",
        "tests/twin/test_broken_lines.py::test_a_leg_outlasts_its_phase_by_5_us_where_interlock_n_is_stuck",
        ("HZ2", "a monitor that pulls leaves the guard", "    str(r1, [r2, 0])\n", ""),
        ("HZ2", "a monitor that pulls leaves the pin of leg B of channel 2", "    str(r4, [r5, 28])\n", ""),
        ("HZ2", "a monitor that pulls cuts pins beside the outputs", "    lsr(r3, r3, 5)\n", "    lsr(r3, r3, 6)\n"),
        ("HZ2", "a monitor's flag interrupts for ever", "    str(r1, [r0, 0x30])\n", ""),
    ),
    *of(
        "hal/guard.py",
        _CURRENT + "test_found_the_journal_knows_how_far_a_cut_pulse_had_come",
        ("HZ6", "the moment of a cut is when Python has time", "_SM0, hard=True", "_SM0, hard=False"),
    ),
    *of(
        "app/selftest.py",
        "tests/twin/test_self_test.py::test_a_sound_device_passes_within_a_second_and_moves_no_output",
        ("HZ4", "pulses are shown that Python is too slow to show", '_LONGEST = {"phase_us": 500', '_LONGEST = {"phase_us": 20'),
    ),
    *of(
        "app/supervisor.py",
        "tests/twin/test_interlock.py::test_no_false_trip_while_buttons_screen_and_journal_are_busy",
        ("HZ2", "a round of 100 ms", "took_us = sleep_rest(ROUND_MS)", "took_us = sleep_rest(10 * ROUND_MS)"),
    ),
)
