"""A prescription in device form (integers only): built from the clinician's TOML on the host,
checked on host and device.

The same code refuses on both sides, in the words of the TOML file. Shape: see firmware/README.md.
"""

from stimcore import bounds, limits
from stimcore.errors import Refused
from stimcore.fields import CAPS, PROGRAM, TOP, check_rows, convert, refuse_unknown, require_table
from stimcore.presets import PRESETS
from stimcore.pulse import period_us

VERSION = 1
TEXTS_MAX = 400  # eight programs that use every field have some 260
# a counter may be a date (20261122); one prescription cannot use them all up
COUNTER_STEP_MAX = 100_000_000
_SECOND_US = 1_000_000
CHECKS = ("contraindications_excluded", "sensation_tested")
_DEFAULTS = {"ramp_up_ms": 2_000, "ramp_down_ms": 1_000, "offset_us": 0}


def from_toml_dict(document):
    """Device form of a parsed TOML document (numbers int or Decimal, dates as ISO text). Raises
    Refused.
    """
    rest = {k: v for k, v in document.items() if k not in ("checks", "caps", "program")}
    rx = convert("", rest, TOP)
    rx["v"] = VERSION
    rx["checks"] = dict(require_table("checks", document.get("checks")))
    rx["caps"] = convert("caps.", require_table("caps", document.get("caps")), CAPS)
    programs = document.get("program")
    if not isinstance(programs, list) or not programs:
        raise Refused(
            "program", programs, "at least one [[program]]", "prescription format", "add one"
        )
    rx["programs"] = [_program(i + 1, p) for i, p in enumerate(programs)]
    return rx


def _program(number, written):
    """Device form of one [[program]]: the preset's values, then what differs, then what follows
    from both.
    """
    at = "program[%d]." % number
    given = convert(at, require_table(at[:-1], written), PROGRAM)
    preset = given.get("preset")
    if preset is not None and not (isinstance(preset, str) and preset in PRESETS):
        raise Refused(
            at + "preset",
            preset,
            "one of " + ", ".join(sorted(PRESETS)),
            "preset table",
            "choose one or leave it out",
        )
    program = dict(_DEFAULTS)
    if preset:
        program.update(PRESETS[preset]["values"])
    program.update(given)
    burst, sweep = program.get("burst"), program.get("sweep")
    _follow(
        at,
        program,
        given,
        "rate_mpps",
        "rate_pps",
        burst and burst["inner_mpps"],
        "burst.inner_pps",
    )
    if sweep:
        _follow(
            at, program, given, "rate_mpps", "rate_pps", sweep["rate_mpps"][0], "sweep.rate_pps"
        )
        _follow(at, program, given, "phase_us", "phase_us", sweep["phase_us"][0], "sweep.phase_us")
    return program


def _follow(at, program, given, key, written_as, value, source):
    """A burst or sweep decides its own rate (and phase): a different one beside it is a
    contradiction.
    """
    if not value:
        return
    if given.get(key, value) != value:
        raise Refused(
            at + written_as,
            given[key],
            "the same as " + source,
            "one meaning a program",
            "leave %s out: %s decides" % (written_as, source),
        )
    program[key] = value


def check(rx, board):
    """Refuse a device-form prescription that is malformed or outside a limit. `board`: the board
    file's names as a dict.
    """
    require_table("prescription", rx)
    if rx.get("v") != VERSION:
        raise Refused(
            "v",
            rx.get("v"),
            str(VERSION),
            "prescription format",
            "use the host tool of this firmware",
        )
    own = [row[1] for row in TOP] + ["v", "checks", "caps", "programs"]
    refuse_unknown("", rx, own)
    check_rows("", rx, TOP)
    _check_dates(rx)
    _check_list(rx)
    caps = require_table("caps", rx.get("caps"))
    refuse_unknown("caps.", caps, [row[1] for row in CAPS])
    check_rows("caps.", caps, CAPS)
    _check_goal(caps)
    for key in ("ch1_ua", "ch2_ua"):
        if caps[key] > board["MAX_UA"]:
            raise Refused(
                "caps.%sma" % key[:4],
                "%d uA" % caps[key],
                "%d uA" % board["MAX_UA"],
                "board " + board["NAME"],
                "lower the cap",
            )
    programs = rx.get("programs")
    if (
        isinstance(programs, list)
        and len(programs) > 1
        and board["OUTPUT_STAGE"]
        and "OLED_SDA" not in board["PINS"]
    ):
        raise Refused(
            "program",
            "%d of them" % len(programs),
            "1 program",
            "board %s has no screen to choose by" % board["NAME"],
            "prescribe one at a time",
        )
    if not isinstance(programs, list) or not 1 <= len(programs) <= 8:
        raise Refused(
            "program",
            "%s of them" % (len(programs) if isinstance(programs, list) else "none"),
            "1 to 8 programs",
            "prescription format",
            "split it into two prescriptions",
        )
    for i, program in enumerate(programs):
        _check_program("program[%d]." % (i + 1), program, rx, board)


def _check_goal(caps):
    """A goal that the caps forbid is a contradiction."""
    most = 7 * caps["sessions_per_day"]
    if caps.get("sessions_per_week", 1) > most:
        raise Refused(
            "caps.sessions_per_week",
            caps["sessions_per_week"],
            "at most %d" % most,
            "7 days of caps.sessions_per_day",
            "lower the goal, or allow more a day",
        )


def bounded(text):
    """The text of a prescription in device form, when it may be parsed. Raises ValueError, also
    for what is no text.
    """
    if not isinstance(text, str):
        raise ValueError("no text")
    why = bounds.why_not(text.encode(), TEXTS_MAX)
    if why:
        raise ValueError(why)
    return text


def electrode_mm2(rx, board):
    """Declared electrode area in mm2; undeclared counts as the board's smallest."""
    return rx.get("electrode_mm2") or board["SMALLEST_ELECTRODE_MM2"]


def _check_dates(rx):
    if days(rx["issued"], "issued") > days(rx["expires"], "expires"):
        raise Refused(
            "expires",
            rx["expires"],
            "on or after issued = " + rx["issued"],
            "prescription format",
            "correct the dates",
        )


def _check_list(rx):
    """Both clinical checks must have been made: an open question is a refusal."""
    checks = require_table("checks", rx.get("checks"))
    refuse_unknown("checks.", checks, CHECKS)
    for name in CHECKS:
        if checks.get(name) is not True:
            raise Refused(
                "checks." + name,
                checks.get(name),
                "true",
                "clinical check-list",
                "make the check, then write true, without quotes",
            )


def _check_program(at, program, rx, board):
    require_table(at[:-1], program)
    refuse_unknown(at, program, [row[1] for row in PROGRAM])
    check_rows(at, program, PROGRAM)
    for key in ("phase_us", "gap_us", "rate_mpps", "session_s"):
        if key not in program:
            raise Refused(
                at + key,
                "missing",
                "given, or a preset that has it",
                "prescription format",
                "add it",
            )
    _check_channels(at, program, board)
    _check_shape(at, program, board)
    gap_low = max(limits.RANGES["gap_us"][0], board["DEAD_TIME_US"])
    if program["gap_us"] < gap_low:
        raise Refused(
            at + "gap_us",
            program["gap_us"],
            "at least %d us" % gap_low,
            "dead time of board " + board["NAME"],
            "lengthen the gap",
        )
    if program["session_s"] > rx["caps"]["session_s"]:
        raise Refused(
            at + "minutes",
            "%d s" % program["session_s"],
            "%d s" % rx["caps"]["session_s"],
            "caps.session_min of this prescription",
            "shorten the program or raise the cap",
        )
    _check_overlap(at, program, board)
    for channel in program["channels"]:
        limits.check_output(
            "caps.ch%d_ma" % channel,
            rx["caps"]["ch%d_ua" % channel],
            longest_phase_us(program),
            busiest_mpps(program),
            electrode_mm2(rx, board),
        )


def _check_channels(at, program, board):
    channels = program.get("channels")
    possible = list(range(1, board["CHANNELS"] + 1))
    whole = (
        isinstance(channels, list)
        and channels
        and all(limits.is_whole(c) and c in possible for c in channels)
    )
    if not whole or sorted(set(channels)) != channels:
        raise Refused(
            at + "channels",
            channels,
            "a list out of %s, each once, in order" % possible,
            "board %s has %d channel%s" % (board["NAME"], len(possible), "s"[len(possible) == 1 :]),
            "correct the list",
        )


def _check_shape(at, program, board):
    """Contradictions between patterns: each program has one."""
    if "burst" in program and "sweep" in program:
        raise Refused(
            at + "burst",
            "with sweep",
            "burst or sweep, not both",
            "one pattern a program",
            "drop one",
        )
    if ("on_ms" in program) != ("off_ms" in program):
        raise Refused(
            at + "on_s",
            "without its pair",
            "on_s and off_s together",
            "one pattern a program",
            "give both or none",
        )
    if program.get("ramp") == "phase" and "sweep" in program:
        raise Refused(
            at + "ramp",
            "phase with sweep",
            "one of the two",
            "one thing decides the phase duration",
            "drop one",
        )
    if program.get("trigger") and "TRIG_IN" not in board["PINS"]:
        raise Refused(
            at + "trigger", True, "false", "board %s has no TRIG_IN" % board["NAME"], "leave it out"
        )
    if program.get("trigger") and program.get("offset_us"):
        raise Refused(
            at + "offset_us",
            program["offset_us"],
            "0 with trigger",
            "a trigger starts both channels in one clock",
            "leave it out",
        )
    ramps = program.get("ramp_up_ms", 0) + program.get("ramp_down_ms", 0)
    if program.get("on_ms", ramps) < ramps:
        raise Refused(
            at + "on_s",
            "%d ms" % program["on_ms"],
            "at least ramp_up_s + ramp_down_s = %d ms" % ramps,
            "the ramps lie inside the on time",
            "lengthen on_s or shorten the ramps",
        )
    burst = program.get("burst")
    if burst and burst["pulses"] * period_us(burst["inner_mpps"]) > period_us(burst["per_s_mpps"]):
        raise Refused(
            at + "burst.pulses",
            burst["pulses"],
            "pulses * %d us within %d us"
            % (period_us(burst["inner_mpps"]), period_us(burst["per_s_mpps"])),
            "one burst ends, with its last period, before the next",
            "fewer pulses or fewer bursts a second",
        )


def _check_overlap(at, program, board):
    """Two channels on one current source may never pulse at once: refuse with the two numbers
    that collide.
    """
    if len(program["channels"]) < 2:
        if program.get("offset_us"):
            raise Refused(
                at + "offset_us",
                program["offset_us"],
                "0 with one channel",
                "offset is between two channels",
                "leave it out",
            )
        return
    offset, shortest = program.get("offset_us", 0), shortest_period_us(program)
    if offset >= shortest:
        raise Refused(
            at + "offset_us",
            offset,
            "below the shortest period, %d us" % shortest,
            "offset lies inside a period",
            "lower it",
        )
    busy = pulse_us(program)
    if board["SINGLE_CURRENT_SOURCE"] and (offset < busy or offset + busy > shortest):
        raise Refused(
            at + "offset_us",
            offset,
            "%d to %d us" % (busy, shortest - busy),
            "one current source on board %s: channel 1 busy 0..%d us, channel 2 %d..%d us of %d us"
            % (board["NAME"], busy, offset, offset + busy, shortest),
            "move channel 2 clear of channel 1",
        )


def longest_phase_us(program):
    """Longest phase the program can make."""
    return max(program["sweep"]["phase_us"]) if "sweep" in program else program["phase_us"]


def pulse_us(program):
    """Longest time from the start of phase A to the end of phase B."""
    return 2 * longest_phase_us(program) + program["gap_us"]


def shortest_period_us(program):
    """Shortest time between two pulse starts of one channel."""
    return period_us(
        max(program["sweep"]["rate_mpps"]) if "sweep" in program else program["rate_mpps"]
    )


def busiest_mpps(program):
    """Most pulses in any one second, in thousandths: what r.m.s., average and power limits are
    judged at.

    Whole pulses: a second that begins with a pulse, or with a burst, has the most of them.
    """
    shortest_us, burst = shortest_period_us(program), program.get("burst")
    if not burst:
        return 1_000 * _fit(_SECOND_US, shortest_us)
    burst_us = period_us(burst["per_s_mpps"])
    bursts, rest_us = _SECOND_US // burst_us, _SECOND_US % burst_us
    return 1_000 * (bursts * burst["pulses"] + min(burst["pulses"], _fit(rest_us, shortest_us)))


def _fit(length_us, period):
    """How many pulses begin in a time that begins with one."""
    return -(-length_us // period)


def days(iso, field="date"):
    """Days since 1970-01-01 of an ISO date text. Raises Refused, naming `field`, for anything
    else.
    """
    parts = iso.split("-") if isinstance(iso, str) else ()
    if len(parts) == 3 and [len(p) for p in parts] == [4, 2, 2] and all(p.isdigit() for p in parts):
        year, month, day = [int(p) for p in parts]
        if 1970 <= year < 2100 and 1 <= month <= 12 and 1 <= day <= _month_days(year, month):
            return _civil_days(year, month, day)
    raise Refused(field, iso, "a day like 2026-11-22", "prescription format", "correct it")


def iso(number):
    """The day `number` days after 1970-01-01, as ISO text."""
    year, month = 1970, 1
    while number >= _civil_days(year + 1, 1, 1) - _civil_days(year, 1, 1):
        number -= _civil_days(year + 1, 1, 1) - _civil_days(year, 1, 1)
        year += 1
    while number >= _month_days(year, month):
        number -= _month_days(year, month)
        month += 1
    return "%d-%02d-%02d" % (year, month, number + 1)


def _month_days(year, month):
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def _civil_days(year, month, day):
    full = (year - 1970) * 365 + (year - 1969) // 4 - (year - 1901) // 100 + (year - 1601) // 400
    return full + sum(_month_days(year, m) for m in range(1, month)) + day - 1


def check_accept(rx, serial, today_days, last_counter):
    """Refuse a checked prescription for another device, out of date, or not newer than what the
    device has had.
    """
    if rx["device"] not in ("*", serial):
        raise Refused(
            "device", rx["device"], serial, "serial of this device", "prescribe for this device"
        )
    if today_days > days(rx["expires"]):
        raise Refused(
            "expires",
            rx["expires"],
            "%s or later" % iso(today_days),
            "the date of device or host, the later one",
            "issue one that ends later; if that date is wrong, set the computer's clock",
        )
    if not last_counter < rx["counter"] <= last_counter + COUNTER_STEP_MAX:
        raise Refused(
            "counter",
            rx["counter"],
            "%d to %d" % (last_counter + 1, last_counter + COUNTER_STEP_MAX),
            "last counter this device accepted",
            (
                "an old prescription cannot come back, and one far ahead would end the count: use "
                "the next one"
            ),
        )
