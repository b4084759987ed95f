"""Defects that only the whole chip shows: when an interrupt comes, how long a round
takes.
"""

# fmt: off

from planted.row import of

ON_TWIN = (
    *of(
        "app/supervisor.py",
        "tests/twin/test_interlock.py::test_no_false_trip_while_buttons_screen_and_journal_are_busy",
        ("HZ2", "a round of 100 ms", "took_us = sleep_rest(ROUND_MS)", "took_us = sleep_rest(10 * ROUND_MS)"),
    ),
)
