"""Times and thresholds that nothing computes: each as firmware/SAFETY.md, DESIGN or the fact sheet
gives it, with the hazard that it guards against. Tests elsewhere show what follows from them;
those that count with the firmware's own names would follow a wrong one.
"""

import pytest

# First: imports of the Unix port nest only so deep
from stimcore import panel

# isort: split
from app import books, host_run, journal_writer, outputs, selftest, supervisor
from stimcore import (
    acceptance,
    bounds,
    breakage,
    devicetime,
    dose,
    inputs,
    journal,
    keyring,
    link,
    monitor,
    prescription,
    pulse,
    quota,
    session,
    signature,
    steps,
    strength,
    therapy,
)

# (hazard, where, name, value)
NUMBERS = [
    ("HZ1", inputs, "HOLD_MS", 1_000),
    ("HZ1", strength, "STEP_UA", 1_000),
    ("HZ1", strength, "SLEW_UA_PER_MS", 100),
    ("HZ1", therapy, "ARM_SETTLE_MS", 100),
    ("HZ1", therapy, "LOCK_MS", 4_000),
    ("HZ6", therapy, "PAUSE_MS", 600_000),
    ("HZ6", session, "QUESTION_MS", 120_000),
    ("HZ12", session, "PAIN_STALE_MS", 1_800_000),
    ("HZ6", therapy, "_ASK_END_MS", 10_000),
    ("HZ1", panel, "PRESS_MS", 10),
    ("HZ12", panel, "RELEASE_MS", 20),
    ("HZ1", panel, "STUCK_MS", 10_000),
    ("HZ1", panel, "CHATTER_PRESSES", 6),
    ("HZ1", panel, "CHATTER_MS", 1_000),
    ("HZ1", panel, "QUIET_MS", 1_000),
    ("HZ1", steps, "EVERY_MS", 240),
    ("HZ8", acceptance, "WAIT_MS", 60_000),
    ("HZ2", host_run, "KEEP_ALIVE_MS", 100),
    ("HZ2", breakage, "HOUR_S", 3_600),
    ("HZ6", dose, "DAY_S", 86_400),
    ("HZ8", devicetime, "_JUMP_S", 86_400),
    ("HZ6", quota, "FIRST", 10),
    ("HZ6", quota, "EVERY_MS", 60_000),
    ("HZ2", bounds, "DEPTH_MAX", 8),
    ("HZ2", bounds, "DIGITS_MAX", 20),
    ("HZ2", bounds, "BETWEEN_CHARS_MAX", 64),
    ("HZ2", link, "LINE_BYTES_MAX", 8_192),
    ("HZ2", link, "REQUEST_TEXTS_MAX", 64),
    ("HZ8", keyring, "KEYS_MAX", 4),
    ("HZ8", signature, "KEY_BYTES", 2_048 // 8),
    ("HZ8", signature, "EXPONENT", 65_537),
    ("HZ8", prescription, "COUNTER_STEP_MAX", 100_000_000),
    ("HZ5", prescription, "CHECKS", ("contraindications_excluded", "sensation_tested")),
    ("HZ6", journal, "PAYLOAD_BYTES_MAX", 512),
    ("HZ6", journal_writer, "AHEAD_SECTORS", 4),
    ("HZ3", pulse, "CLOCKS_PER_US", 125),
    ("HZ1", pulse, "SETTLE_US", 2_000),
    ("HZ4", monitor, "LEAD_OFF_FROM_UA", 4_900),
    ("HZ4", monitor, "REFERENCE_MV", 3_300),
    ("HZ4", monitor, "FULL_COUNTS", 4_095),
    ("HZ9", books, "_OVER_UA", 500),
    ("HZ3", books, "_NET_COUNTS", 8),
    ("HZ1", outputs, "_STEP_MOST_UA", 6_400),
    ("HZ2", supervisor, "ROUND_MS", 10),
    ("HZ10", supervisor, "_SUPPLY_EVERY", 6),
    ("HZ4", selftest, "_ZERO_COUNTS", 20),
    ("HZ2", selftest, "_FREE_BYTES", 100_000),
    ("HZ9", selftest, "_CLOCK_HZ", 125_000_000),
]


@pytest.mark.parametrize("row", NUMBERS)
def test_a_number_is_what_the_pages_say(row):
    hazard, where, name, value = row
    assert getattr(where, name) == value, (hazard, where, name)


def test_faults_that_mean_broken_hardware():
    """HZ2: after these a self-test that finds them comes before START does anything."""
    from stimcore import interlock

    assert sorted(interlock.BROKEN) == [
        "no_measurement",
        "over_current",
        "registers",
        "short",
        "unbalanced",
        "width",
    ]
