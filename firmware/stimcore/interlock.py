"""Reasons to trip: one table from reason to what the engineer reads, and the latch that keeps the
first.

The order is the code on the wire and in the watchdog's scratch register: append, never reorder.
"""

# (reason, what the engineer reads); what the patient reads of it: the row of this name in
# texts_en.py and its sisters
REASONS = (
    ("none", ""),
    (
        "stop_pressed",
        "STOP button: the loop opened and BTN_STOP is down; release, hold START to re-arm",
    ),
    (
        "interlock_open",
        (
            "INTERLOCK_N low without BTN_STOP: STOP loop, comparator or monitor; check the loop, "
            "then over-current, then direct current (a leg above 5 V at rest)"
        ),
    ),
    ("deadman", "the supervisor's round came too late: dead-man expired"),
    ("usb_power", "USB power came while armed: no output while a computer is attached"),
    ("supply", "supply outside its window: see board SUPPLY_MIN_MV, SUPPLY_MAX_MV"),
    ("engine_dry", "pulse words came too late or a pulse machine was stopped"),
    ("watchdog", "the watchdog reset the chip while armed"),
    ("exception", "an exception ended the supervisor while armed: see the journal"),
    ("restart", "soft reset or interrupt while armed"),
    ("journal_full", "no erased journal space left in this session; read the log, then restart"),
    (
        "lead_off",
        (
            "measured current below half of what was commanded, from 5 mA up: lead off, dry pad, "
            "or load above compliance"
        ),
    ),
    ("short", "the board's short comparator pulled SHORT_N low: load below its threshold"),
    (
        "over_current",
        (
            "a phase measured above what was commanded or above the cap: amplitude path or current "
            "source"
        ),
    ),
    ("unbalanced", "the two phases of a pulse measured differently: output bridge or sense"),
    (
        "width",
        (
            "a width monitor saw a leg high for too long, or both legs of a channel, or none can "
            "pull INTERLOCK_N low: output driver, line"
        ),
    ),
    (
        "no_measurement",
        (
            "pulses left the device and no samples of their current came, or the converter ended "
            "no conversion: ADC or its DMA channels"
        ),
    ),
    (
        "registers",
        (
            "a register, program or number no longer holds what was set up at arming, or pulses do "
            "not come as asked for: a flipped bit; `register` in the record says where"
        ),
    ),
    ("temperature", "chip temperature outside its window: see DIE_C in the limits"),
    (
        "self_test",
        "a check at power-on failed: `evenpulse selftest` names it; START held tests again",
    ),
    ("clock", "the chip's timer jumped while armed: the session's time would be wrong"),
    (
        "service",
        (
            "a second fault within an hour that means broken hardware: test and repair it, then "
            "hold SELECT while switching on (service mode)"
        ),
    ),
)
# They mean broken hardware: left only through a self-test that would find it.
BROKEN = ("over_current", "unbalanced", "width", "registers", "no_measurement", "short")
CODES = {row[0]: code for code, row in enumerate(REASONS)}


def advice(reason):
    """What to do next about `reason`, for the engineer."""
    return REASONS[CODES[reason]][1]


class Latch:
    """First reason wins and stays until a person at the device clears it."""

    def __init__(self):
        self.reason = "none"

    def trip(self, reason):
        """Keep `reason` if it is the first. Returns True when it is. Unknown reasons are a
        programming error: KeyError.
        """
        CODES[reason]
        if self.reason != "none":
            return False
        self.reason = reason
        return True

    def clear(self):
        """A person re-armed the device."""
        self.reason = "none"


def scratch_word(state_code, reason):
    """State and reason as the watchdog's scratch register keeps them across a reset."""
    return state_code | CODES[reason] << 8


def first_fault(inputs):
    """Reason to trip in these inputs, or None; the most telling one first. `inputs`: see
    inputs.Inputs.
    """
    if inputs.stop_down:
        return "stop_pressed"
    if inputs.output_fault:
        return inputs.output_fault
    if inputs.loop_open:
        return "interlock_open"
    if inputs.usb_power and not inputs.usb_isolated:
        return "usb_power"
    if not inputs.supply_ok:
        return "supply"
    if not inputs.temperature_ok:
        return "temperature"
    return None
