"""What a clinician reads about faults and about what else is in the journal. The engineer's
words are in stimcore.interlock.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from stimcore import checks, interlock

from evenpulse.journal.entries import utc


class Fault(NamedTuple):
    """`what`: in a row's first column. `do`: what a clinician does about it."""

    what: str
    do: str


_AGAIN = "Once: nothing to do. Again: change the device and send it in, with its journal."
_OUT_OF_USE = "Take the device out of use and send it in, with its journal."

# Every reason of stimcore.interlock.REASONS, for the clinician.
FAULTS = {
    "stop_pressed": Fault(
        "STOP pressed", "The patient ended it by STOP. Ask why: too strong, pain, or only a habit?"
    ),
    "interlock_open": Fault(
        "safety line open",
        "Look at the STOP button, its cable and plug. If they are sound, send the device in.",
    ),
    "deadman": Fault("device stalled", _AGAIN),
    "usb_power": Fault(
        "USB plugged in",
        "A cable was plugged in during a session. Remind the patient: charge only afterwards.",
    ),
    "supply": Fault(
        "battery low", "Remind the patient to charge it. Often: have the battery looked at."
    ),
    "engine_dry": Fault("device stalled", _AGAIN),
    "watchdog": Fault("device restarted", _AGAIN),
    "exception": Fault("device fault", _AGAIN),
    "restart": Fault(
        "device restarted",
        "It lost power or restarted in a session. Often: look at battery and switch.",
    ),
    "journal_full": Fault(
        "memory full", "The journal was read too late. Pull it now, then at each visit."
    ),
    "lead_off": Fault(
        "pad off or dry", "Show again how pads are placed; replace old ones. Look at the leads."
    ),
    "short": Fault(
        "pads or leads touch", "Show how pads are placed apart. Look at the leads for bare wire."
    ),
    "over_current": Fault("current too high", _OUT_OF_USE),
    "unbalanced": Fault("current uneven", _OUT_OF_USE),
    "width": Fault("pulse too long", _OUT_OF_USE),
    "no_measurement": Fault("current not measured", _AGAIN),
    "registers": Fault("device fault", _AGAIN),
    "temperature": Fault(
        "too warm or too cold",
        "Ask where it is used and kept: not in the sun, not under a blanket.",
    ),
    "clock": Fault("device's clock jumped", _AGAIN),
    "service": Fault(
        "needs service", "Twice within an hour it found its hardware broken. " + _OUT_OF_USE
    ),
    "self_test": Fault(
        "self-test failed",
        (
            "It gives no output until the test passes. `evenpulse selftest` names the check; send "
            "it in."
        ),
    ),
}


def fault(reason: str) -> Fault:
    """Words for a reason; for one that this version does not know, the reason itself."""
    return FAULTS.get(reason) or Fault(
        reason, "Not known to this version of the tool: report it, with the journal."
    )


def engineer(reason: str) -> str:
    """What the engineer's table says about it, or nothing."""
    return interlock.advice(reason) if reason in interlock.CODES else ""


class Note(NamedTuple):
    """`rank`: 0 needs somebody, 1 is worth knowing, 2 is routine. `says`: a sentence from a
    record's fields.
    """

    rank: int
    says: Callable[[dict[str, Any]], str]


def _of(text: str) -> Callable[[dict[str, Any]], str]:
    """A sentence with fields in it; one that the record lacks is a question mark."""
    return lambda told: text.format_map(_Told(told))


class _Told(dict):
    def __missing__(self, name: str) -> str:
        return "?"


def _refused(told: dict[str, Any]) -> str:
    more = f", and {told['more']} more before it" if "more" in told else ""
    return f"A prescription was offered and not taken: {told.get('why', '?')}{more}."


def _denied(told: dict[str, Any]) -> str:
    more = f", and {told['more']} more before it" if "more" in told else ""
    return (
        f"A computer asked for {told.get('method', '?')} and was refused: "
        f"{told.get('why', '?')}{more}."
    )


def _self_test(told: dict[str, Any]) -> str:
    return (
        f"The self-test failed ({', '.join(map(checks.says, told.get('failed', ['?'])))}): no "
        f"output until it passes."
    )


def _gain(told: dict[str, Any]) -> str:
    gain = f"{told['gain_permyriad'] / 100:+.2f} %" if "gain_permyriad" in told else "?"
    return (
        f"Channel {told.get('channel', '?')} was calibrated: {gain}, "
        f"{told.get('offset_ua', '?')} µA."
    )


def _clock(told: dict[str, Any]) -> str:
    was, now = (utc(told.get(name)) for name in ("was_s", "told_s"))
    days = [f"{one:%Y-%m-%d}" if one else "no date" for one in (was, now)]
    return (
        f"A computer told the device {days[1]}, when it had {days[0]}: was that computer's "
        f"clock right?"
    )


# Every event of the table that is no part of a session or a course.
NOTES = {
    "exception": Note(
        0,
        _of(
            "The firmware failed while {state} and restarted: report it, with the journal ({what})."
        ),
    ),
    "self_test": Note(0, _self_test),
    "keys_bad": Note(
        0, lambda _: "The store of clinic keys was found damaged: install the clinic's key again."
    ),
    "prescription_bad": Note(
        0,
        _of(
            "The stored prescription was refused at power-on ({field}): give the device a new one."
        ),
    ),
    "calibration_bad": Note(
        0,
        _of("The stored calibration was damaged ({why}): the board's own counts; calibrate again."),
    ),
    "clock": Note(1, _clock),
    "expired": Note(
        1,
        lambda _: (
            "The prescription came to its last day's end: the device gives no output until it has "
            "a new one."
        ),
    ),
    "service": Note(
        1,
        lambda _: (
            "A device that had found its hardware broken twice was let go on in service mode: was "
            "it repaired?"
        ),
    ),
    "button_stuck": Note(0, _of("Button {button} stayed down for 10 s: see whether it sticks.")),
    "refused": Note(1, _refused),
    "denied": Note(1, _denied),
    "key": Note(1, _of("Clinic key {key} was {what}: was it you?")),
    "update": Note(1, _of("A person allowed other firmware: {from} to {to}.")),
    "calibration": Note(2, _gain),
    "host_run": Note(2, _of("A computer ran {program} on it, without an output stage.")),
}
