"""The checks of the self-test: one table of stable ids, for the link, the journal and tests;
words are for people.
"""

from collections import namedtuple

# One row of a self-test. value and ok: None for what the board does not have.
Check = namedtuple("Check", "id value lowest highest unit ok")

# (id, whether a failure keeps the device in FAULT, what a person reads, what to do). An id that is
# not here is one of a row with its leg or channel behind it: monitor_ch1_a.
CHECKS = (
    ("outputs_low", True, "outputs low", "an output pin stands high: replace the board"),
    (
        "board_resistors",
        True,
        "board resistors",
        "is this firmware for this board? Otherwise a pull-down is missing",
    ),
    ("stop_loop", True, "stop loop closed", "let go of STOP, look at its cable"),
    ("short_line", True, "short line", "SHORT_N stands low while nothing flows: replace the board"),
    (
        "short_pulls",
        True,
        "short pulls",
        "SHORT_N does not pull INTERLOCK_N low: replace the board",
    ),
    ("legs_follow", True, "legs follow", "the driver of a leg does not switch: replace the board"),
    ("system_clock", True, "system clock", "replace the board"),
    ("guard_cuts", True, "guard cuts", "replace the board"),
    ("deadman_cuts", True, "dead-man cuts", "replace the board"),
    ("monitor", True, "width monitor", "replace the board"),
    (
        "current_zero",
        True,
        "current zero",
        "current flows, or is measured, while all is off: replace the board",
    ),
    (
        "sense_lead",
        True,
        "sense lead",
        "an input of the measured current is open or at ground: replace the board",
    ),
    ("samples", True, "samples", "the current of shown pulses is not measured: replace the board"),
    (
        "amplitude_follows",
        True,
        "amplitude follows",
        "the amplitude's pin does not switch: replace the board",
    ),
    (
        "amplitude_zero",
        True,
        "amplitude zero",
        "the amplitude's pin stands high: replace the board",
    ),
    (
        "registers_stand",
        True,
        "registers stand",
        "what was set up does not stay: replace the board",
    ),
    ("supply", False, "supply", "charge or replace the battery"),
    ("temperature", False, "temperature", "let the device come to room temperature"),
    ("free_memory", True, "free memory", "report it: this firmware does not fit"),
    (
        "firmware_intact",
        True,
        "firmware intact",
        "flash it again; if it stays so, replace the board",
    ),
    (
        "ram_intact",
        True,
        "program in RAM",
        "switch it off and on; if it stays so, replace the board",
    ),
    (
        "development_build",
        False,
        "development build",
        "for development alone: flash a release before a patient gets it",
    ),
    ("journal_chain", False, "journal chain", "pull the journal and keep it: evenpulse log verify"),
    ("prescription", False, "prescription", "the stored one was refused: give it a new one"),
    ("calibration_store", False, "calibration store", "calibrate again"),
)


def _row(check):
    """The table's row of an id, and what stands behind the row's own id."""
    for row in CHECKS:
        known, _, _, _ = row
        if check == known or check.startswith(known + "_"):
            return row, check[len(known) + 1 :]
    return (check, True, check, "not known to this version"), ""


def keeps(check):
    """True when a failure of this check keeps the device in FAULT. Others are watched all the
    time, or are answered with nothing to arm.
    """
    (_, keeps_in_fault, _, _), _ = _row(check)
    return keeps_in_fault


def says(check):
    """Its words."""
    (_, _, words, _), of = _row(check)
    return words + (" " + of.upper() if of else "")


def advice(check):
    """What to do when it fails."""
    (_, _, _, what_to_do), _ = _row(check)
    return what_to_do
