"""A prescription in device form (integers only): built from the clinician's TOML on the host,
checked on host and device.

The same code refuses on both sides, in the words of the TOML file. Shape: see firmware/README.md.
"""

from stimcore import bounds, program
from stimcore.dates import days, iso
from stimcore.errors import Refused
from stimcore.fields import (
    CAPS,
    TOP,
    check_rows,
    convert,
    device_names,
    refuse_unknown,
    require_table,
)

VERSION = 1
# Eight programs that use every field have some 260
TEXTS_MAX = 400
# A counter may be a date (20261122); one prescription cannot use them all up
COUNTER_STEP_MAX = 100_000_000
CHECKS = ("contraindications_excluded", "sensation_tested")


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
    rx["programs"] = [program.from_toml(i + 1, p) for i, p in enumerate(programs)]
    return rx


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
    own = device_names(TOP) + ["v", "checks", "caps", "programs"]
    refuse_unknown("", rx, own)
    check_rows("", rx, TOP)
    _check_dates(rx)
    _check_list(rx)
    caps = require_table("caps", rx.get("caps"))
    refuse_unknown("caps.", caps, device_names(CAPS))
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
    for i in range(len(programs)):
        program.check("program[%d]." % (i + 1), programs[i], rx, board)


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
