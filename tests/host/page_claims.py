"""What the pages say in prose with a number and a unit, and where each number comes from. Tables
between marks are generated, and firmware/TIMING.md is held against the program by
tests/pio/test_timing_page.py.

`COMPUTED`: the page's words with `{}` for each number, and the constants that fill them in: file,
name, by what the value is divided; of the kept bench the limit of a row. `SHOWN`: words, and the
test that sees it. `TOLD`: words, and why nothing compares them.
"""

_PANEL, _SESSION = "firmware/stimcore/panel.py", "firmware/stimcore/inputs.py"
_THERAPY, _LIMITS = "firmware/stimcore/therapy.py", "firmware/stimcore/limits.py"
_SUPERVISOR, _BOOKS = "firmware/app/supervisor.py", "firmware/app/books.py"
_MONITOR, _CALIBRATION = "firmware/stimcore/monitor.py", "firmware/stimcore/calibration.py"
_ACCEPTANCE, _DOSE = "firmware/stimcore/acceptance.py", "firmware/stimcore/dose.py"
_LINK, _JOURNAL = "firmware/app/link_server.py", "firmware/stimcore/journal.py"
_BOARD = "boards/nmes2/board.py"

_ROUND = (_SUPERVISOR, "ROUND_MS", 1)
_HOLD = (_SESSION, "HOLD_MS", 1_000)
_STEP = (_LIMITS, "STEP_UA_MAX", 1_000)
_WAIT = (_ACCEPTANCE, "WAIT_MS", 1_000)
_OVER = (_BOOKS, "_OVER_UA", 1_000)
_KEEP_ALIVE = ("firmware/app/host_run.py", "KEEP_ALIVE_MS", 1)
_WATCHDOG_MS = ("firmware/hal/chip.py", "WATCHDOG_MS", 1)
_MARK = (_DOSE, "_REST_MARK_S", 60)
_DAY_H = (_DOSE, "DAY_S", 3_600)

COMPUTED = {
    "README.md": [
        ("has used for {} days", [("host_tools/toolchain/clean.py", "KEPT_DAYS", 1)]),
        ("presses UP to {} mA", [("host_tools/evenpulse/demo/__main__.py", "_UPS", 1)]),
    ],
    "firmware/SAFETY.md": [
        ("counts {} ms down", [("firmware/hal/guard.py", "DEADMAN_MS", 1)]),
        ("| 4 watchdog | {} ms", [_WATCHDOG_MS]),
        ("journal in every round of {} ms", [_ROUND]),
        ("at most one round ({} ms) before it is rewritten", [_ROUND]),
        ("above the cap by a tenth and {} mA", [_OVER]),
        ("by more than a tenth and {} mA: the calibration", [_OVER]),
        (
            "(load below {} Ω from {} mA up)",
            [(_BOARD, "SHORT_OHM", 1), (_BOARD, "SHORT_FROM_UA", 1_000)],
        ),
        ("(at most {} ms less than it", [(_MONITOR, "_HELD_UP_US", 1_000)]),
        (
            "against the offset that was asked for, within {} µs",
            [("firmware/stimcore/monitor.py", "_STEP_SLACK_US", 1)],
        ),
        (
            "is no more than a round ({} s)",
            [("firmware/hal/clock.py", "_ROUND_MS_MAX", 1_000)],
        ),
    ],
    "firmware/README.md": [
        ("one round every {} ms", [_ROUND]),
        ("the legs are low within {} clocks all the same", [("tests/bench/kept.json", "I1", 1)]),
        ("(START held {} s) ARMED", [_HOLD]),
        ("a pause of {} minutes is the end too", [(_THERAPY, "PAUSE_MS", 60_000)]),
        ("move one step of {} mA", [_STEP]),
        ("ask for pain now | {} mA up, down", [_STEP]),
        (
            "envelope and slew ({} µA a ms)",
            [("firmware/stimcore/strength.py", "SLEW_UA_PER_MS", 1)],
        ),
        ("pulses have flowed for {} ms", [("firmware/stimcore/steps.py", "EVERY_MS", 1)]),
        (
            "when it has stood for {} ms, and then none until the button has been up for {} ms",
            [(_PANEL, "PRESS_MS", 1), (_PANEL, "RELEASE_MS", 1)],
        ),
        ("the hold once after {} s", [_HOLD]),
        ("| down for {} s |", [(_PANEL, "STUCK_MS", 1_000)]),
        ("by their starts in any {} hours", [_DAY_H]),
        (
            "and {} minutes in any {} hours (compiled)",
            [(_LIMITS, "DAY_TOTAL_S_MAX", 60), _DAY_H],
        ),
        ("then every {} s", [(_DOSE, "_PROGRESS_S", 1)]),
        ("notes `wait`, every {} minutes ({} in a full day)", [_MARK, (_DOSE, "_DAY_MARK_S", 60)]),
        ("in turn every {} s", [("firmware/stimcore/face.py", "_TURN_MS", 1_000)]),
        (
            "grows from {} s to the {} s that count",
            [(_SUPERVISOR, "_BAR_FROM_MS", 1_000), _HOLD],
        ),
        ("asked for, from {} mA up)", [(_BOOKS, "_CONTACT_FROM_UA", 1_000)]),
        (
            "sound at {} kHz, all others at {} kHz",
            [(_PANEL, "REFUSAL_HZ", 1_000), (_PANEL, "TONE_HZ", 1_000)],
        ),
        (
            "{} pulses ahead of the DMA",
            [("firmware/hal/pulse_engine.py", "PULSES_A_BLOCK", 1)],
        ),
        ("compares all {} bytes", [("firmware/stimcore/signature.py", "KEY_BYTES", 1)]),
        ("pressed after the offer and held {} s takes it", [_HOLD]),
        ("STOP or {} s refuse it", [_WAIT]),
        ("SELECT held for {} s after the offer, refused by DOWN, STOP or {} s", [_HOLD, _WAIT]),
        ("the watchdog waits {} s", [("firmware/hal/chip.py", "WATCHDOG_MS", 1_000)]),
        (
            "some {} bytes of records at rest, {} while armed",
            [(_LINK, "_CHUNK_BYTES", 1), (_LINK, "_CHUNK_ARMED_BYTES", 1)],
        ),
        ("has not been heard for {} ms", [_KEEP_ALIVE]),
        (
            "within ±{} % and ±{} mA.",
            [(_CALIBRATION, "GAIN_PERMYRIAD_MAX", 100), (_CALIBRATION, "OFFSET_UA_MAX", 1_000)],
        ),
        ("may lie a tenth and {} mA above it", [_OVER]),
        ("A raw flash ring of {} kB sectors", [(_JOURNAL, "SECTOR_BYTES", 1_024)]),
    ],
}

_CURRENT = "tests/twin/test_measured_current.py::"
_STUCK = _CURRENT + "test_a_stuck_amplitude_is_cut_inside_the_pulse_that_shows_it"
_IN_VAIN = (
    "tests/twin/test_broken_lines.py::"
    "test_a_leg_outlasts_its_phase_by_5_us_where_interlock_n_is_stuck"
)
_CUT = _CURRENT + "test_found_the_journal_knows_how_far_a_cut_pulse_had_come"
_NO_A = "tests/twin/test_broken_things.py::test_a_phase_b_without_its_phase_a_is_cut_as_it_begins"
_STEP_LOST = (
    "tests/twin/test_broken_things.py::test_channels_that_lose_their_distance_are_off_within_35_ms"
)
_SAMPLED = _CURRENT + "test_each_phase_is_sampled_once_at_the_same_clock_and_inside_it"
_JUDGED = "tests/pio/test_samples_judged.py::"
_PAIRS = _JUDGED + "test_phases_may_be_an_eighth_apart_and_below_5_ma_24_counts_more"
_READY = "tests/twin/test_ready_time.py::test_the_page_says_when_ready_comes"
_BENCH = "tests/twin/test_bench_board.py::"
_SILENT = _BENCH + "test_a_silent_host_is_cut_off_within_100_ms_and_two_rounds"
_AT_REST = (
    "tests/twin/test_hands_and_hosts.py::test_a_flipped_bit_of_the_timer_at_rest_moves_no_time"
)
_TOO_LITTLE = (
    "tests/unit/test_supervisor_faults.py::"
    "test_less_than_half_that_no_sample_calls_too_little_is_a_number_that_is_wrong"
)

SHOWN = {
    "README.md": [],
    "firmware/SAFETY.md": [
        (
            "from 0 mA; after a reason",
            "tests/unit/test_session.py::test_a_session_goes_through_its_states_and_starts_at_zero",
        ),
        ("(9 or 13 µs after the edge)", _SAMPLED),
        ("within some 10 µs of the sample", _STUCK),
        (
            "by more than an eighth and 1 mA",
            "tests/pio/test_sensing_on_registers.py::test_what_is_wrong_with_a_pulse",
        ),
        (
            "half of the asked current, from 5 mA up",
            "tests/unit/test_house_numbers.py::test_a_number_is_what_the_pages_say",
        ),
        ("(below 5 mA an eighth and 0.6 mA)", _PAIRS),
        ("some 20 to 60 µs after it began", _STUCK),
        ("alone is cut some 20 µs after it began", _NO_A),
        ("they read as up to 54.6 h ahead", _AT_REST),
        ("A shift is off within 35 ms of the pulse", _STEP_LOST),
        ("has the CPU cut within 0.3 µs", _IN_VAIN),
        ("less than half of 5 mA or more that are set", _TOO_LITTLE),
        ("is told after 0.5 s (`registers`, −11)", _TOO_LITTLE),
    ],
    "firmware/README.md": [
        ("outputs are off some 10 to 20 µs later", _NO_A),
        (
            "(within 14 µs, and beyond its first 27 within 6: the CPU reads the time of the trip",
            _CUT,
        ),
        (
            "160 ms: sooner than a block",
            "tests/unit/test_numbers_kept.py::test_each_bit_of_a_number_is_a_trip",
        ),
        (
            "ARMED, 0 mA → RUNNING",
            "tests/unit/test_session.py::test_a_session_goes_through_its_states_and_starts_at_zero",
        ),
        ("DOWN held: 0 mA", "tests/unit/test_session_strength.py::test_down_held_goes_to_zero"),
        (
            "after 10, 20, 40, 80, 160, 300 s",
            "tests/unit/test_dose.py::test_progress_is_told_more_often_in_the_first_minutes",
        ),
        (
            (
                "READY comes 0.58 s after power-on without a prescription, 0.81 s with one "
                "program, 0.93 s with eight"
            ),
            _READY,
        ),
        ("within 128 ms of the last one", _SILENT),
        (
            "0 mA is always exactly 0",
            "tests/unit/test_calibration.py::test_nothing_asked_is_nothing_out",
        ),
    ],
}

TOLD = {
    "README.md": [
        ("UP to 8 mA", "what the picture shows, made by `make pictures`"),
        ("clocks of 8 ns", "125 MHz"),
        (
            "| phase A, phase B | 187 µs |",
            _DEMO := "the demo's prescription; its clocks are compared below",
        ),
        ("| interphase gap | 53 µs |", _DEMO),
        ("| period at 77.3 pps | 12 937 µs |", _DEMO),
        ("| channel 2 after channel 1 | 3 001 µs |", _DEMO),
        (
            "`make demo` in 1 min 27 s, then `make test` in 7 min 33 s: 11 003 tests green",
            "wall times of one machine on the day that stands in the row",
        ),
        (
            "every test (`make test-costs`) in 5 min 45 s: 11 000 tests green",
            "the same",
        ),
        (
            "both, green: 10 990 tests",
            _RUN := "what that run printed on its day",
        ),
        ("both, green: 11 000 tests", _RUN),
    ],
    "firmware/SAFETY.md": [
        (
            "the charge of one phase and 3 µs of it",
            _SWEEP := "what `python -m evenpulse.faults.every_bit` printed: an hour of one core",
        ),
        (
            "by its width monitor 3 µs after the longest",
            "firmware/TIMING.md, held by tests/pio/test_timing_page.py",
        ),
        (
            "Of PIO 0 all 512 bits were flipped before a pulse, in six situations (3072 cases)",
            "what `python -m evenpulse.faults.every_bit` printed, on 2026-11-27",
        ),
        (
            "at 100 pps all 512 bits at seven of eight places of a pulse (3584 cases; not where "
            "phase B has just ended) leave no leg unwatched, 984 are off by then",
            "what `every_bit --blind` found on 2026-11-27, stopped before the eighth place",
        ),
        (
            "(seen once in 1100 cases of seeds 77 and 78, at 0 mA: `--seed 77 --case 457`)",
            "what `make faults` printed, 500 cases of the one seed and 600 of the other",
        ),
        ("no phase longer than the longest and 3 µs, both legs for 1 µs at the most", _SWEEP),
        (
            "lets a pulse come some 2.4 ms after the one before",
            "as `make faults SEED=4711` found it in case 20; the rule against it has its tests",
        ),
        (
            "flash hides up to 3 ms",
            _FLASH := "the datasheet of the flash: longest time of a page or a sector",
        ),
        (
            "10 µs for a conversion, up to 3 ms for a page of flash",
            "a conversion of the converter's datasheet and its turns; the flash's longest time",
        ),
        ("from 2^20 (1 s) on", "arithmetic: 2^20 µs"),
        (
            "in a round of more than 250 ms, would move both ahead, by 149 h at the most",
            "arithmetic: a counter that wraps every 131 ms, and 2^39 µs less what 2^31 has",
        ),
    ],
    "firmware/README.md": [
        (
            "pull-up moves it by some 65 mV",
            "3.3 V over the chip's 50 kohm and the 1 kohm of the board's filter",
        ),
        ("commonly quoted 10 mA or 10 V", "a rule of others, quoted as such"),
        ("An erase stops the CPU for up to 400 ms of the watchdog's 500", _FLASH),
        (
            "in a round each, 0.2 s at the most",
            "measured once; the watchdog's 0.5 s is what holds it",
        ),
        ("should speak every 50 ms", "advice to a host"),
        ("corrected by a gain (0.01 %)", "the unit of gain_permyriad"),
        (
            "(16 bytes each, zeros behind)",
            _FORMAT := "the format itself: files of it are read back by the tests of their readers",
        ),
        ("first 8 bytes of the SHA-256", _FORMAT),
    ],
}
