"""The journal's records, one table: what each event says, in which units, within which bounds,
since when, and who reads it.

Writers make a record with `payload`; the unit tests hold each one against `misfit`, which the
device never calls. The host's readers (report, CSV, list, monitor, docs/reference/journal.md) take
events and fields from here. Plain tuples of constants lie in flash and take no heap.
"""

from collections import namedtuple

# A field: its name in the record; its column in tables, "" for none; kind; lowest and highest (of a
# text: its length); unit; need; since which version; what it says.
# kind: whole, text, flag (unit: the words for true and false), or a list: each (a whole number a
# channel), some (the same, null where there is none), pairs (two of them a channel, or null),
# texts, wholes (null where not measured), rows (lists of whole numbers), tables. need: "" always
# there, null (there, and may be null), may (may be left out).
Field = namedtuple("Field", "name column kind low high unit need since says")
Event = namedtuple("Event", "name since readers says fields")

# A field or an event reads on one line.
# fmt: off
# In every record.
BASE = (
    ("t", "t_s", "whole", 0, 4_102_444_800, "s", "", "0.1.0", "device time, Unix; never falls"),
    ("ms", "uptime_ms", "whole", 0, 9_007_199_254_740_992, "ms", "", "0.1.0", "uptime; starts again at a boot"),
    ("e", "event", "text", 1, 32, "", "", "0.1.0", "the event"),
)

# Fields that several events share.
_GROUPS = (
    ("totals", (
        ("pulses", "pulses", "each", 0, 2_147_483_647, "", "may", "0.1.0", "seen at the pads since start"),
        ("uc", "charge_uc", "each", 0, 2_147_483_647, "µC", "may", "0.1.0", "charge of one phase of each, as commanded"),
        ("muc", "measured_uc", "each", 0, 2_147_483_647, "µC", "may", "0.1.0", "the same as measured; absent without meters"),
        ("trip_us", "trip_us", "whole", 0, 9_007_199_254_740_992, "µs", "may", "0.1.0", "of the trip, by the chip's timer"),
        ("cut_us", "", "pairs", -1_000_000, 1_000_000, "µs", "may", "0.1.0", "of phases A and B that a cut pulse had flowed; null: none was cut"),
        ("register", "register", "whole", -2_147_483_648, 4_294_967_295, "", "may", "0.1.0", "address of the register that differed"),
    )),
    ("account", (
        ("program", "program", "text", 1, 32, "", "may", "0.1.0", "its name"),
        ("stage", "stage", "text", 0, 16, "", "may", "0.1.0", "ramp_up, on, ramp_down, off or none"),
        ("left_s", "left_s", "whole", 0, 86_400, "s", "may", "0.1.0", "not given of the session"),
        ("used_s", "used_s", "whole", 0, 86_400, "s", "may", "0.1.0", "given of the session"),
        ("peak_ua", "peak_ua", "each", 0, 1_000_000, "µA", "may", "0.1.0", "highest current"),
    )),
    ("dose", (
        ("day", "", "rows", 0, 2_147_483_647, "min", "", "0.1.0", "sessions of the day: minutes since each began, since it ended, minutes of it"),
        ("open", "", "wholes", -1, 86_400, "", "may", "0.1.0", "number of the program and seconds of a session that may go on"),
        ("broken", "", "whole", 0, 60, "min", "may", "0.2.0", "minutes since a fault that meant broken hardware"),
        ("locked", "", "flag", 0, 1, "", "may", "0.2.0", "a second one came within the hour: only service leads on"),
    )),
)

# Characters of a reason
WHY_CHARS = 48

# (event, since, readers, what it says, groups, fields). Readers beside list, CSV and monitor, which take all:
# dose (the device at power-on), session and course (of a report), notes (a report's "Also in the journal").
EVENTS = (
    ("boot", "0.1.0", ("dose", "course"), "the device started", ("dose",), (
        ("cause", "cause", "text", 1, 16, "", "", "0.1.0", "power, watchdog, soft_reset, exception or other"),
        ("before", "state_before", "text", 1, 16, "", "", "0.1.0", "state in which it went down"),
        ("version", "version", "text", 1, 48, "", "", "0.1.0", "of the firmware"),
    )),
    ("prescription", "0.1.0", ("dose", "course"), "a person accepted a prescription", (), (
        ("id", "prescription_id", "text", 1, 32, "", "", "0.1.0", "its id"),
        ("counter", "prescription_counter", "whole", 1, 1_000_000_000_000, "", "", "0.1.0", "its counter"),
        ("key", "key", "text", 16, 16, "", "", "0.1.0", "id of the key that signed it"),
        ("patient", "patient", "text", 1, 32, "", "may", "0.2.0", "pseudonym of the person it is for"),
        ("per_week", "sessions_per_week", "whole", 1, 168, "", "may", "0.2.0", "sessions a week that it aims at"),
    )),
    ("clock", "0.2.0", ("notes",), "a prescription was accepted with a date more than a day away from the device's", (), (
        ("was_s", "was_s", "whole", 0, 4_102_444_800, "s", "", "0.2.0", "the device's time before, Unix"),
        ("told_s", "told_s", "whole", 0, 4_102_444_800, "s", "", "0.2.0", "the host's; an earlier one is not taken over"),
    )),
    ("expired", "0.2.0", ("notes",), "the prescription in force came to its last day's end", (), ()),
    ("prescription_bad", "0.1.0", ("notes",), "the prescription found in flash was refused", (), (
        ("field", "field", "text", 1, WHY_CHARS, "", "", "0.1.0", "what was wrong with it"),
    )),
    ("keys_bad", "0.1.0", ("notes",), "the store of clinic keys was found damaged", (), ()),
    ("refused", "0.1.0", ("notes",), "an offered prescription was refused", (), (
        ("why", "why", "text", 1, WHY_CHARS, "", "", "0.1.0", "the field that was wrong, or who refused"),
        ("more", "more", "whole", 1, 2_147_483_647, "", "may", "0.1.0", "further refusals since the last such record"),
    )),
    ("denied", "0.2.0", ("notes",), "a host asked for what it may not have, or a person said no to it", (), (
        ("method", "method", "text", 1, 16, "", "", "0.2.0", "what was asked for"),
        ("why", "why", "text", 1, WHY_CHARS, "", "", "0.2.0", "the state, the field that was wrong, or who said no"),
        ("more", "more", "whole", 1, 2_147_483_647, "", "may", "0.2.0", "further ones since the last such record"),
    )),
    ("key", "0.1.0", ("notes",), "a clinic key was installed or removed", (), (
        ("key", "key", "text", 16, 16, "", "", "0.1.0", "its id"),
        ("what", "what", "text", 1, 16, "", "", "0.1.0", "installed or removed"),
        ("day", "", "rows", 0, 2_147_483_647, "min", "may", "0.2.0", "in the first record of a new device: nobody has had anything"),
    )),
    ("service", "0.2.0", ("notes",), "service mode was entered on a device that only service may let go on", (), ()),
    ("start", "0.1.0", ("dose", "session"), "a session began, or one that was cut short went on", ("dose",), (
        ("program", "program", "text", 1, 32, "", "", "0.1.0", "its name"),
        ("n", "program_number", "whole", 0, 7, "", "", "0.1.0", "its number in the prescription, from 0"),
        ("of_s", "of_s", "whole", 1, 86_400, "s", "", "0.1.0", "length of a whole session"),
        ("left_s", "left_s", "whole", 1, 86_400, "s", "", "0.1.0", "how long this one may run"),
        ("pain", "pain_before_0_10", "whole", 0, 10, "0–10", "null", "0.1.0", "pain told before it"),
    )),
    ("amplitude", "0.1.0", ("session",), "the patient changed the current", (), (
        ("ua", "set_ua", "each", 0, 1_000_000, "µA", "", "0.1.0", "what was asked for"),
    )),
    ("progress", "0.1.0", ("dose", "session"), "how far a running session is", ("totals",), (
        ("left_s", "left_s", "whole", 0, 86_400, "s", "", "0.1.0", "not yet given"),
        ("stage", "stage", "text", 0, 16, "", "", "0.1.0", "ramp_up, on, ramp_down, off or none"),
    )),
    ("pause", "0.1.0", ("dose", "session"), "the session was paused", ("totals",), (
        ("left_s", "left_s", "whole", 0, 86_400, "s", "", "0.1.0", "not yet given"),
    )),
    ("resume", "0.1.0", ("dose", "session"), "a paused session went on", (), (
        ("left_s", "left_s", "whole", 0, 86_400, "s", "", "0.1.0", "not yet given"),
    )),
    ("end", "0.1.0", ("dose", "session"), "the session ended", ("account", "totals"), (
        ("why", "why", "text", 1, 48, "", "may", "0.1.0", "host or keep_alive, when a host ended it"),
    )),
    ("fault", "0.1.0", ("dose", "session"), "the outputs were cut and stay off", ("account", "totals"), (
        ("reason", "reason", "text", 1, 32, "", "", "0.1.0", "the first reason, a row of interlock.REASONS"),
        ("state", "state", "text", 1, 16, "", "", "0.1.0", "state in which it happened"),
        ("ua", "set_ua", "each", 0, 1_000_000, "µA", "", "0.1.0", "what was asked for"),
        ("channel", "channel", "whole", 1, 2, "", "may", "0.2.0", "of the fault, where that is known"),
    )),
    ("rearm", "0.1.0", ("session",), "a person at the device left the fault", (), (
        ("reason", "reason", "text", 1, 32, "", "", "0.1.0", "of the fault"),
    )),
    ("rating", "0.1.0", ("session",), "what the patient answered after a session", (), (
        ("before", "pain_before_0_10", "whole", 0, 10, "0–10", "null", "0.1.0", "pain before; null: not answered"),
        ("after", "pain_after_0_10", "whole", 0, 10, "0–10", "null", "0.1.0", "pain after"),
        ("skin", "skin", "flag", 0, 1, "fine, not fine", "null", "0.1.0", "true: the skin looks fine, false: it does not"),
    )),
    ("wait", "0.1.0", ("dose",), "the device waits until a session may start", (), (
        ("wait_s", "wait_s", "whole", 1, 86_400, "s", "", "0.1.0", "still to wait"),
    )),
    ("button_stuck", "0.1.0", ("notes",), "a button stayed down for 10 s, or was pressed faster than a hand can", (), (
        ("button", "button", "text", 1, 16, "", "", "0.1.0", "which"),
        ("more", "more", "whole", 1, 2_147_483_647, "", "may", "0.2.0", "further ones since the last such record"),
    )),
    ("self_test", "0.1.0", ("notes",), "the self-test failed", (), (
        ("failed", "", "texts", 1, 32, "", "", "0.1.0", "ids of up to four checks, see stimcore/checks.py"),
        ("values", "", "wholes", -2_147_483_648, 4_294_967_295, "", "", "0.1.0", "what each measured"),
        ("more", "more", "whole", 1, 2_147_483_647, "", "may", "0.2.0", "further ones since the last such record"),
    )),
    ("calibration", "0.1.0", ("notes",), "a channel was calibrated", (), (
        ("channel", "channel", "whole", 1, 2, "", "", "0.1.0", "which"),
        ("gain_permyriad", "gain_permyriad", "whole", -1_000, 1_000, "0.01 %", "", "0.1.0", "added gain"),
        ("offset_ua", "offset_ua", "whole", -1_000, 1_000, "µA", "", "0.1.0", "added current"),
    )),
    ("calibration_bad", "0.1.0", ("notes",), "the stored calibration was found damaged", (), (
        ("why", "why", "text", 1, 96, "", "", "0.1.0", "what was wrong"),
        ("calibration", "", "tables", 0, 2, "", "", "0.1.0", "what counts instead"),
    )),
    ("update", "0.1.0", ("notes",), "a person allowed other firmware", (), (
        ("from", "from", "text", 1, 16, "", "", "0.1.0", "version that ran"),
        ("to", "to", "text", 1, 16, "", "", "0.1.0", "version that was announced"),
        ("sha256", "sha256", "text", 16, 16, "", "", "0.1.0", "first digits of the announced program's"),
    )),
    ("host_run", "0.1.0", ("notes",), "a host runs a program, on a board without an output stage", (), (
        ("id", "prescription_id", "text", 1, 32, "", "", "0.1.0", "of the prescription"),
        ("program", "program", "text", 1, 32, "", "", "0.1.0", "its name"),
        ("ua", "set_ua", "each", 0, 1_000_000, "µA", "", "0.1.0", "what the host asks for"),
        ("more", "more", "whole", 1, 2_147_483_647, "", "may", "0.2.0", "further runs since the last such record"),
    )),
    ("exception", "0.1.0", ("notes",), "the firmware failed and restarted", (), (
        ("what", "what", "text", 1, 50, "", "", "0.1.0", "the exception"),
        ("state", "state", "text", 1, 16, "", "", "0.1.0", "state in which it happened"),
    )),
)
# fmt: on


def payload(time_s, now_ms, name, fields):
    """A record of this event as it is written."""
    told = {"t": time_s, "ms": now_ms, "e": name}
    told.update(fields)
    return told


def base():
    """The fields of every record."""
    return [Field(*row) for row in BASE]


def event(name):
    """The table's row of an event with the fields of its groups, or None. Made anew: for tests
    and the host.
    """
    for known, since, readers, says, groups, fields in EVENTS:
        if known == name:
            shared = [row for group, rows in _GROUPS if group in groups for row in rows]
            return Event(
                known, since, readers, says, [Field(*row) for row in tuple(fields) + tuple(shared)]
            )
    return None


def totalled(name):
    """True for an event that carries the session's totals so far."""
    return name in ("end", "fault", "pause", "progress")


def _whole(value, low, high):
    return type(value) is int and low <= value <= high


def _text(value, low, high):
    return type(value) is str and low <= len(value) <= high


def _tuple(value, length, low, high):
    return (
        type(value) in (list, tuple)
        and len(value) == length
        and all([_whole(n, low, high) for n in value])
    )


def fits(field, value):
    """True when a value is of a field's kind and within its bounds."""
    kind, low, high = field.kind, field.low, field.high
    if value is None:
        return field.need == "null"
    if kind == "whole":
        return _whole(value, low, high)
    if kind == "text":
        return _text(value, low, high)
    if kind == "flag":
        return type(value) is bool
    if (
        type(value) not in (list, tuple)
        or kind in ("each", "some", "pairs")
        and not 1 <= len(value) <= 2
    ):
        return False
    if kind == "each":
        return all([_whole(one, low, high) for one in value])
    if kind in ("some", "wholes"):
        return all([one is None or _whole(one, low, high) for one in value])
    if kind == "pairs":
        return all([one is None or _tuple(one, 2, low, high) for one in value])
    if kind == "texts":
        return all([_text(one, low, high) for one in value])
    if kind == "tables":
        return len(value) <= high and all([type(one) is dict for one in value])
    return all([_tuple(one, 3, low, high) for one in value])


def misfit(told):
    """What of a record (dict) is not as the table says: the name of a field, or of an event that
    is none; "" when all is.
    """
    row = event(told.get("e")) if type(told) is dict else None
    if row is None:
        return "e"
    known = base() + row.fields
    for field in known:
        if field.name in told:
            if not fits(field, told[field.name]):
                return field.name
        elif field.need != "may":
            return field.name
    names = [field.name for field in known]
    for name in told:
        if name not in names:
            return name
    return ""
