"""The hazards of the product: what can go wrong, what is done about it, the tests that show it, and
which measured figures speak of it.

`tests` are pytest files and functions that must exist; `figures` are rows of the bench (I1 …) and
kinds of fault of the campaign.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Hazard:
    """One row of the safety page."""

    id: str
    situation: str
    harm: str
    control: str
    tests: tuple[str, ...]
    figures: tuple[str, ...] = ()


_SESSION, _LIMITS, _RX = (
    "tests/unit/test_session.py::",
    "tests/unit/test_limits.py::",
    "tests/unit/test_prescription.py::",
)
_TWIN, _CURRENT = "tests/twin/test_interlock.py::", "tests/twin/test_measured_current.py::"

HAZARDS = (
    Hazard(
        "HZ1",
        "amplitude jump at start, resume or change",
        "shock, fall",
        (
            "every entry starts at 0 mA; what has not been felt does not count; slew limit; the "
            "amplitude is latched by hardware 2 ms before a pulse, never inside one"
        ),
        (
            _SESSION + "test_a_session_goes_through_its_states_and_starts_at_zero",
            "tests/unit/test_session_strength.py::test_current_rises_no_faster_than_the_slew_limit",
            "tests/unit/test_session_strength.py::test_up_before_the_trigger_counts_once_and_the_first_pulse_is_at_0",
            "tests/unit/test_session_strength.py::test_between_two_pulses_up_counts_once",
            _SESSION + "test_pause_ramps_down_and_resumes_from_zero_with_the_time_left",
            "tests/pio/test_latch.py::test_latched_a_settling_time_before_each_pulse",
        ),
    ),
    Hazard(
        "HZ2",
        "output stuck on: hung CPU, long collection, halted or corrupted machine, stuck driver",
        "burn, contraction",
        (
            "a pulse ends by itself in PIO, and no other follows before it was judged; guard; "
            "dead-man; a width monitor a leg; watchdog; registers compared and PIO programs "
            "rewritten in every round"
        ),
        (
            _TWIN + "test_a_frozen_cpu_is_off_within_100_ms_and_says_so_after_the_watchdog",
            _TWIN + "test_a_hard_fault_is_off_by_the_dead_man",
            "tests/twin/test_trigger_and_amplitude.py::test_a_core_that_is_lost_lets_one_more_pulse_come_at_most",
            "tests/twin/test_broken_lines.py::test_a_leg_outlasts_its_phase_by_5_us_where_interlock_n_is_stuck",
            "tests/unit/test_supervisor.py::test_dead_man_and_watchdog_are_fed_once_a_round_and_last",
            "tests/twin/test_self_test.py::test_what_fails_is_named_and_keeps_the_device_from_arming",
            "tests/faults/test_campaign.py::test_one_case_of_each_kind_of_fault_is_safe",
        ),
        (
            "I2",
            "I3",
            "I4",
            "cpu in a loop, interrupts off",
            "CH1_A stuck high",
            "CH1_B stuck high",
            "machine clock divider",
        ),
    ),
    Hazard(
        "HZ3",
        "direct current or unbalanced charge",
        "chemical burn",
        (
            "both phases from one count; both phases measured in every pulse; series capacitor on "
            "the board"
        ),
        (
            "tests/pio/test_any_words.py::test_any_words",
            "tests/unit/test_supervisor_faults.py::test_each_fault_switches_everything_off_and_gives_its_reason",
        ),
        ("pio0 instruction bit flip", "pio0 machine register"),
    ),
    Hazard(
        "HZ4",
        "electrode off, dry or half lifted",
        "burn",
        (
            "current measured in every phase, lead off from 5 mA; short comparator; limits on the "
            "declared electrode area"
        ),
        (
            _CURRENT + "test_lead_off_or_short_lets_no_further_pulse_come",
            _CURRENT + "test_no_false_trip_over_loads_while_the_amplitude_moves",
            _RX + "test_an_undeclared_electrode_is_the_boards_smallest",
        ),
        ("I6", "lead off", "short"),
    ),
    Hazard(
        "HZ5",
        "wrong person or site",
        "arrhythmia, burn",
        "the prescription's check-list must be answered, by a person; caps",
        (
            _RX + "test_a_bad_prescription_is_refused_in_the_words_of_the_file",
            "tests/host/test_prescribe_new.py::test_it_is_refused_until_a_person_answers_its_check_list",
        ),
    ),
    Hazard(
        "HZ6",
        "too long, too often",
        "fatigue, burn",
        (
            "two session timers by two clocks; sessions a day, rest and minutes a day in powered "
            "time, rebuilt from the journal after a loss of power"
        ),
        (
            "tests/unit/test_session_time.py::test_ramp_down_ends_exactly_with_the_session",
            _LIMITS + "test_each_ceiling_from_both_sides",
            "tests/unit/test_supervisor_faults.py::test_a_clock_that_stands_does_not_prolong_the_session",
            "tests/unit/test_configure.py::test_what_is_in_force_offered_again_sets_nothing",
            "tests/unit/test_dose.py::test_a_journal_without_the_day_means_the_rest_in_full",
            "tests/unit/test_journal_damage.py::test_every_flipped_bit_of_a_record_that_was_whole_means_the_rest_in_full",
            "tests/unit/test_journal_damage.py::test_a_power_cut_at_any_byte_of_a_record_is_no_damage",
            "tests/unit/test_dose.py::test_how_long_to_wait",
            "tests/unit/test_dose.py::test_boot_after_boot_only_ever_waits_longer",
            "tests/twin/test_stories.py::test_a_day_that_is_full_stays_full_through_a_loss_of_power",
        ),
    ),
    Hazard(
        "HZ7",
        "USB ties the patient to a computer's ground",
        "shock",
        (
            "an isolation barrier between each channel and the Pico, in nmes2's circuit "
            "(simulated, never built); and no output while USB power is there, unless the board "
            "declares isolation, which alone cuts no path to earth"
        ),
        (
            "tests/analog/test_in_spice.py::"
            "test_without_the_barrier_mains_flows_through_the_patient",
            _TWIN + "test_start_held_with_usb_plugged_arms_nothing",
            _TWIN + "test_each_fault_ends_at_zero_and_gives_its_reason",
            "tests/unit/test_session_faults.py::test_isolated_usb_may_stay_plugged",
        ),
        ("usb plugged in, flood of bytes",),
    ),
    Hazard(
        "HZ8",
        "corrupt or forged prescription",
        "overdose",
        (
            "the clinic's signature, counter against replay, expiry, range check on the device; "
            "taken only while a button is held; fails closed"
        ),
        (
            _RX + "test_device_form_from_a_hostile_host_is_refused",
            _RX + "test_acceptance_wants_this_device_a_live_date_and_a_newer_counter",
            "tests/unit/test_signature.py::test_no_flipped_bit_passes",
            "tests/unit/test_configure_refused.py::test_replayed_and_rolled_back",
            "tests/unit/test_configure_signed.py::test_forged_by_another_key_under_the_clinics_name",
        ),
        ("prescription flash bit flip",),
    ),
    Hazard(
        "HZ9",
        "unit or scale error",
        "overdose",
        (
            "units in the names; the driver gives no more than the cap in force; the current that "
            "flows is compared with the one asked for, and what it is worked out with every 160 ms "
            "and before it changes; before anything is armed what lay in memory is held against "
            "what was signed, and registers against those after the self-test"
        ),
        (
            "tests/unit/test_stands.py::test_what_does_not_is_a_fault_in_the_journal_and_nothing_is_armed",
            "tests/pio/test_watch_list.py::test_what_flipped_between_two_sessions_is_not_taken_for_right",
            "tests/pio/test_amplitude_on_registers.py::test_no_more_than_the_cap_in_force_by_whatever_way_it_is_asked_for",
            "tests/twin/test_calibration.py::test_the_driver_clamps_above_the_calibration_and_allocates_nothing",
            "tests/unit/test_supervisor_faults.py::test_what_flows_is_held_against_what_was_asked_for",
            "tests/unit/test_numbers_kept.py::test_each_bit_of_a_number_is_a_trip",
            "tests/unit/test_limits_properties.py::test_no_program_that_passes_exceeds_a_ceiling_in_its_worst_second",
            _CURRENT + "test_a_stuck_amplitude_is_cut_inside_the_pulse_that_shows_it",
            _CURRENT + "test_measured_charge_is_what_flowed",
        ),
        ("amplitude stuck at full scale", "amplitude compare corrupted"),
    ),
    Hazard(
        "HZ10",
        "brown-out, reset, power loss",
        "unknown output",
        (
            "pull-downs, tested at power-on; outputs off before the first import; amplitude 0; "
            "self-test"
        ),
        (
            _TWIN + "test_an_exception_or_soft_reset_is_off_within_a_ms_and_the_next_boot_says_why",
            "tests/twin/test_self_test.py::test_a_sound_device_passes_within_a_second_and_moves_no_output",
        ),
        ("I5", "supply lost", "watchdog reset"),
    ),
    Hazard(
        "HZ11",
        "wrong program for the person",
        "no benefit, harm",
        "only what the prescription names can be selected",
        (_SESSION + "test_no_prescription_no_output",),
    ),
    Hazard(
        "HZ12",
        "the patient cannot stop it",
        "burn, panic",
        (
            "STOP opens the interlock loop: it works with dead firmware; pulling a lead or the "
            "supply only lowers"
        ),
        (
            _TWIN + "test_stop_latches_and_only_a_held_start_leaves_it",
            _TWIN + "test_interlock_low_anywhere_in_a_pulse_is_off_within_8_clocks",
        ),
        ("I1",),
    ),
)
