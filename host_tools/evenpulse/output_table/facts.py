"""What reviewers ask of the device as a whole: how zero is reached, trips, shut-off, override,
indicators, timers; and what only an output stage's own datasheet can tell. Words around numbers
that are read from stimcore and the board.
"""

from stimcore import limits, monitor
from stimcore.busy import busiest_mpps, longest_phase_us
from stimcore.strength import STEP_UA
from stimcore.therapy import LOCK_MS

from evenpulse.output_table import compute

_INDICATORS = (
    ("LED_READY", "green: START may be held"),
    ("LED_OUTPUT", "yellow: output can flow (on whenever armed)"),
    ("LED_FAULT", "red: fault"),
    (
        "OLED_SDA",
        "screen: current of each channel, electrode contact, time left, fault and what to do",
    ),
    ("BUZZER", "buzzer"),
)

# (what, why it cannot be told here)
DATASHEET = (
    (
        "leakage and idle direct current",
        "commonly quoted limit: below 100 µA; the twin's bridge is ideal and leaks nothing",
    ),
    (
        "real compliance voltage",
        "over supply, temperature and load; here it is the number in board.py",
    ),
    ("rise and fall time, overshoot", "here current is on and off within one clock"),
    (
        "accuracy of current over load",
        "commonly quoted: ±20 % of the stated value; here the source is exact below its compliance",
    ),
    (
        "matching of the two phases",
        "on the twin both phases use the same source; their durations are equal by construction; "
        "in the board's circuit each leg has a mirror of its own",
    ),
    (
        "series capacitor in each electrode lead",
        "blocks direct current whatever fails; the board's circuit has it, the twin's bridge not",
    ),
    ("thresholds and delay of the comparators", "here they act at once, below SHORT_OHM"),
    ("insulation and touch current", "of supply and USB"),
)


def of(rx: dict, board: dict) -> list[tuple[str, str]]:
    """(what, how it is) of a prescription on a board."""
    caps, area = rx["caps"], compute.area_mm2(rx, board)
    declared = (
        "declared" if rx.get("electrode_mm2") else "not declared: the smallest that the board lists"
    )
    return [
        ("electrode", f"{area / 100:g} cm², {declared}"),
        (
            "output stage",
            (
                f"H-bridge and current source, full scale {board['FULL_SCALE_UA'] / 1_000:g} mA, "
                f"compliance {board['COMPLIANCE_MV'] / 1_000:g} V (board.py)"
            ),
        ),
        (
            "amplitude",
            f"steps of {STEP_UA / 1_000:g} mA by button, from 0 at every start; resolution "
            f"{board['FULL_SCALE_UA'] / compute.STEPS:.1f} µA, rounded down; "
            "0 is exactly 0 (commonly quoted: steps of at most 1 mA, at the minimum setting at "
            "most 2 % of the maximum)",
        ),
        (
            "net charge per pulse",
            (
                "0: both phases run from one count, loaded once, and from one source; both phases "
                "of every pulse are measured, and a difference of an eighth trips (below 5 mA an "
                "eighth and 0.6 mA), or of a sixteenth over half a second"
            ),
        ),
        (
            "automatic overload trip",
            f"over-current: above the asked current by an eighth and 1 mA, or above the cap by a "
            f"tenth and 0.5 mA, in any phase; short: below {board['SHORT_OHM']} Ω from "
            f"{board['SHORT_FROM_UA'] / 1_000:g} mA up, by comparator; a leg high for too long, by "
            f"monitor",
        ),
        (
            "automatic no-load trip",
            (
                f"a phase with less than half of the asked current, from "
                f"{monitor.LEAD_OFF_FROM_UA / 1_000:g} mA up: lead off, dry pad, or a load beyond "
                f"the compliance voltage"
            ),
        ),
        (
            "automatic shut-off",
            f"at the end of the session, by two timers; at a fault; "
            f"{'' if board['USB_ISOLATED'] else 'when USB power comes; '}supply outside "
            f"{board['SUPPLY_MIN_MV'] / 1_000:g} to {board['SUPPLY_MAX_MV'] / 1_000:g} V; chip "
            f"outside {limits.DIE_C[0]} to {limits.DIE_C[1]} °C; a CPU that hangs (dead-man, "
            f"watchdog)",
        ),
        (
            "patient override",
            (
                f"STOP opens the interlock loop in hardware, in every state; DOWN always lowers, "
                f"held: 0 mA; UP, START and SELECT lock {LOCK_MS / 1_000:g} s after the last press"
            ),
        ),
        (
            "indicators",
            "; ".join(text for role, text in _INDICATORS if role in board["PINS"])
            or "none on this board",
        ),
        (
            "output indicator",
            (
                "needed from 10 mA or 10 V r.m.s. (commonly quoted); here on whenever armed, "
                "whatever the amplitude"
            ),
        ),
        (
            "timer range",
            f"sessions of {limits.RANGES['session_s'][0]} s to "
            f"{limits.RANGES['session_s'][1] // 60} min, here at most {caps['session_s'] / 60:g} "
            f"min; {caps['sessions_per_day']} a day, {caps['rest_s'] / 60:g} min between; "
            f"{limits.DAY_TOTAL_S_MAX // 60} min in 24 hours at most",
        ),
    ]


def judged_at(program: dict) -> str:
    """The pulse at which the device's own limit check takes a program."""
    return f"{longest_phase_us(program)} µs at {busiest_mpps(program) / 1_000:g} pps"
