"""Tables of a prescription's fields: name in the TOML file, name and scale in device form,
range. Data, and how to walk it.
"""

from stimcore import limits
from stimcore.errors import Refused
from stimcore.texts import LANGUAGES

_FORMAT = "prescription format"

# (name in the file, name in device form, scale, kind, needed)
# kind: a name of limits.RANGES; (lowest, highest); ("pair", name of a range); ("one of", choices);
# "text"; "date"; "list"; "bool"; ("shown", most letters) for what the screen shows; or a table of
# rows for an inline table.

# Half of the screen's width
LABEL_LETTERS_MAX = 10
_LABELS = (
    ("ch1", "ch1", 1, ("shown", LABEL_LETTERS_MAX), False),
    ("ch2", "ch2", 1, ("shown", LABEL_LETTERS_MAX), False),
)
TOP = (
    ("id", "id", 1, "text", True),
    ("counter", "counter", 1, (1, 1_000_000_000_000), True),
    ("patient", "patient", 1, "text", True),
    ("issued", "issued", 1, "date", True),
    ("expires", "expires", 1, "date", True),
    ("device", "device", 1, "text", True),
    ("electrode_cm2", "electrode_mm2", 100, "electrode_mm2", False),
    ("language", "language", 1, ("one of",) + LANGUAGES, False),
    ("labels", "labels", 1, _LABELS, False),
)
CAPS = (
    ("ch1_ma", "ch1_ua", 1_000, "amplitude_ua", True),
    ("ch2_ma", "ch2_ua", 1_000, "amplitude_ua", True),
    ("session_min", "session_s", 60, "session_s", True),
    ("sessions_per_day", "sessions_per_day", 1, "sessions_per_day", True),
    # A goal, not a limit
    ("sessions_per_week", "sessions_per_week", 1, (1, 168), False),
    ("rest_min", "rest_s", 60, "rest_s", True),
)
_BURST = (
    ("pulses", "pulses", 1, "burst_pulses", True),
    ("inner_pps", "inner_mpps", 1_000, "rate_mpps", True),
    ("per_s", "per_s_mpps", 1_000, "burst_per_s_mpps", True),
)
_SWEEP = (
    ("rate_pps", "rate_mpps", 1_000, ("pair", "rate_mpps"), True),
    ("phase_us", "phase_us", 1, ("pair", "phase_us"), True),
    ("period_s", "period_ms", 1_000, "sweep_ms", True),
)
# Burst and sweep first: what they decide is reported in their words
PROGRAM = (
    ("burst", "burst", 1, _BURST, False),
    ("sweep", "sweep", 1, _SWEEP, False),
    ("name", "name", 1, ("shown", 32), True),
    ("preset", "preset", 1, "text", False),
    ("channels", "channels", 1, "list", True),
    ("offset_us", "offset_us", 1, (0, 1_000_000), False),
    ("phase_us", "phase_us", 1, "phase_us", False),
    ("gap_us", "gap_us", 1, "gap_us", False),
    ("rate_pps", "rate_mpps", 1_000, "rate_mpps", False),
    ("minutes", "session_s", 60, "session_s", False),
    ("ramp_up_s", "ramp_up_ms", 1_000, "ramp_ms", False),
    ("ramp_down_s", "ramp_down_ms", 1_000, "ramp_ms", False),
    ("ramp", "ramp", 1, ("one of", "amplitude", "phase"), False),
    ("trigger", "trigger", 1, "bool", False),
    ("on_s", "on_ms", 1_000, "on_off_ms", False),
    ("off_s", "off_ms", 1_000, "on_off_ms", False),
)


def _is_rows(kind):
    return isinstance(kind, tuple) and isinstance(kind[0], tuple)


def require_table(field, value, rows=()):
    """The value if it is a table, else Refused; `rows`: those of an inline table."""
    if not isinstance(value, dict):
        how = (
            "write { %s }" % ", ".join(row[0] + " = …" for row in rows)
            if rows
            else "add [%s]" % field
        )
        raise Refused(field, "missing" if value is None else value, "a table", _FORMAT, how)
    return value


def refuse_unknown(at, table, known):
    """Refuse a key that means nothing: a misspelt limit must never be silently dropped."""
    for key in table:
        if key not in known:
            raise Refused(
                at + str(key),
                "unknown key",
                "one of " + ", ".join(known),
                _FORMAT,
                "correct or remove it",
            )


def shown(value, scale):
    """A scaled integer as the file writes it: 33300 at scale 1000 is 33.3."""
    if scale == 1 or not limits.is_whole(value):
        return str(value)
    text = "%s%d.%06d" % (
        "-" if value < 0 else "",
        abs(value) // scale,
        abs(value) % scale * 1_000_000 // scale,
    )
    while text.endswith("0"):
        text = text[:-1]
    return text + "0" if text.endswith(".") else text


def device_names(rows):
    """The names that the rows of a table have in device form."""
    return [key for _, key, _, _, _ in rows]


def convert(at, written, rows):
    """Device form of one table of the file: known keys, numbers scaled to exact integers. Ranges
    are checked later.
    """
    refuse_unknown(at, written, [name for name, _, _, _, _ in rows])
    out = {}
    for name, key, scale, kind, needed in rows:
        if name in written:
            out[key] = _converted(at + name, written[name], scale, kind)
        elif needed:
            raise Refused(at + name, "missing", "a value", _FORMAT, "add it")
    return out


def _converted(field, value, scale, kind):
    if _is_rows(kind):
        return convert(field + ".", require_table(field, value, kind), kind)
    if (
        kind in ("text", "date", "list", "bool")
        or isinstance(kind, tuple)
        and kind[0] in ("one of", "shown")
    ):
        return value
    if isinstance(kind, tuple) and kind[0] == "pair":
        return (
            [_scaled(field, v, scale) for v in value] if isinstance(value, (list, tuple)) else value
        )
    return _scaled(field, value, scale)


def _scaled(field, value, scale):
    """value * scale as an exact integer; value is an int or an exact decimal number."""
    if isinstance(value, (str, bool, dict, list, tuple)) or value is None:
        raise Refused(field, value, "a number", _FORMAT, "write a number")
    scaled = value * scale
    if not abs(scaled) < 10**15:
        raise Refused(field, value, "a number of sensible size", _FORMAT, "correct it")
    whole = int(scaled)
    if whole != scaled:
        raise Refused(
            field, value, "a multiple of 1/%d" % scale, "resolution of the device", "round it"
        )
    return whole


def check_rows(at, table, rows):
    """Refuse a device-form table with a missing field, a wrong type, or a value out of range."""
    for name, key, scale, kind, needed in rows:
        if key in table:
            _check_value(at + name, table[key], scale, kind)
        elif needed:
            raise Refused(at + name, "missing", "a value", _FORMAT, "add it")


def _check_value(field, value, scale, kind):
    if kind == "list":
        return
    if kind == "bool":
        if not isinstance(value, bool):
            raise Refused(field, value, "true or false", _FORMAT, "write true or false")
        return
    if isinstance(kind, tuple) and kind[0] == "one of":
        if not isinstance(value, str) or value not in kind[1:]:
            raise Refused(field, value, "one of " + ", ".join(kind[1:]), _FORMAT, "choose one")
        return
    if isinstance(kind, tuple) and kind[0] == "shown":
        _check_shown(field, value, kind[1])
    elif kind in ("text", "date"):
        _check_text(field, value)
    elif _is_rows(kind):
        require_table(field, value, kind)
        refuse_unknown(field + ".", value, device_names(kind))
        check_rows(field + ".", value, kind)
    elif isinstance(kind, tuple) and kind[0] == "pair":
        if not isinstance(value, list) or len(value) != 2:
            raise Refused(field, value, "two values, from and to", _FORMAT, "write [from, to]")
        for one in value:
            _check_range(field, one, scale, limits.RANGES[kind[1]])
    else:
        _check_range(
            field,
            value,
            scale,
            kind + (_FORMAT,) if isinstance(kind, tuple) else limits.RANGES[kind],
        )


def _check_text(field, value):
    if (
        not isinstance(value, str)
        or not 1 <= len(value) <= 32
        or any(not 32 <= ord(c) < 127 for c in value)
    ):
        raise Refused(
            field,
            repr(value),
            "1 to 32 printable ASCII characters",
            _FORMAT,
            "shorten or rewrite it",
        )


def has_letter(char):
    """Whether the screen's fonts have it: ASCII and the letters and signs of Latin-1."""
    return 32 <= ord(char) < 127 or 161 <= ord(char) < 256


def _check_shown(field, value, most):
    if (
        not isinstance(value, str)
        or not 1 <= len(value) <= most
        or value != value.strip()
        or any([not has_letter(c) for c in value])
    ):
        raise Refused(
            field,
            repr(value),
            "1 to %d letters of the screen: A to Z, digits, signs, letters with accents" % most,
            "letters of the screen",
            "shorten or rewrite it",
        )


def _check_range(field, value, scale, limit):
    low, high, source = limit
    if not limits.is_whole(value) or not low <= value <= high:
        raise Refused(
            field,
            shown(value, scale),
            "%s to %s" % (shown(low, scale), shown(high, scale)),
            source,
            "choose a value inside",
        )
