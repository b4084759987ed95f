"""One program of a prescription: made from its [[program]] in TOML, and checked in device form."""

from stimcore import limits
from stimcore.busy import busiest_mpps, longest_phase_us, pulse_us, shortest_period_us
from stimcore.errors import Refused
from stimcore.fields import (
    PROGRAM,
    check_rows,
    convert,
    device_names,
    refuse_unknown,
    require_table,
)
from stimcore.presets import PRESETS
from stimcore.pulse import period_us

_DEFAULTS = {"ramp_up_ms": 2_000, "ramp_down_ms": 1_000, "offset_us": 0}


def from_toml(number, written):
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


def electrode_mm2(rx, board):
    """Declared electrode area in mm2; undeclared counts as the board's smallest."""
    return rx.get("electrode_mm2") or board["SMALLEST_ELECTRODE_MM2"]


def check(at, program, rx, board):
    """Refuse a program that is malformed or outside a limit."""
    require_table(at[:-1], program)
    refuse_unknown(at, program, device_names(PROGRAM))
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
