"""What a measurement of the table gives: values of each channel at each load, and what followed
each event at the cap.
"""

from dataclasses import dataclass, field

from evenpulse.output_table import compute

# (name, what is done to the twin, from when its time counts)
EVENTS = (
    ("lead off", "the lead of one channel comes off at the cap", "the first pulse without it"),
    ("short", "the electrodes of one channel touch (0 Ω) at the cap", "the first pulse into it"),
    (
        "amplitude stuck",
        "the amplitude line of one channel stays at full scale",
        "the first pulse with it",
    ),
    ("over-current comparator", "the board's comparator pulls INTERLOCK_N", "INTERLOCK_N low"),
    ("STOP", "the patient presses STOP", "the button"),
    ("USB", "USB power comes", "the plug"),
)


@dataclass(frozen=True)
class Measured:
    """One channel of one program into one load. `trace`: (begin, end, mA) in us of flows from
    the first pulse shown; `asked_ma`: by the amplitude then.
    """

    channel: int
    ohm: int
    values: dict[str, float]
    pulses: int
    worst_clocks: int
    # What ended the run
    trip: compute.Trip | None = None
    # This channel's current was the reason
    own_trip: bool = False
    # From the start of the pulse that showed it to the outputs off
    trip_us: float | None = None
    trace: list[list[float]] = field(default_factory=list)
    asked_ma: float = 0.0


@dataclass(frozen=True)
class Event:
    """What followed one event at the cap: the reason the device gave (None: it went on), and how
    fast the outputs were off.
    """

    name: str
    reason: str | None
    off_us: float | None
