"""Which line of a capture is which pin of the board: as told, as the names say, or, for the legs,
as what they do says. A guess is always told.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from evenpulse.base.printable import counted
from evenpulse.base.errors import BadUsage
from evenpulse.capture.edges import PS_PER_S, PS_PER_US, BadCapture, Capture, Pin, cut
from evenpulse.capture.legs import GLITCH_PS

FREEZE, AS_TOLD = "FREEZE", "as told"
LINES = ("HV_EN", "INTERLOCK_N", "SYNC_OUT", "TRIG_IN")
# {what --pin takes: in words}
ROLES = {
    "CH1_A": "leg",
    "CH1_B": "leg",
    "CH2_A": "leg",
    "CH2_B": "leg",
    **dict.fromkeys(LINES, "line"),
    FREEZE: "a mark: its first edge is where the CPU was frozen",
}
# Behaviour is looked at in so many edges of a line: thousands of pulses say it all.
_LOOKED_AT = 4_000
_LEAST_PULSES = 2
# A line does what a phase does when it is high about as long as asked for.
_ABOUT = 4.0
_UNITS = (1e-12, 1e-9, 1e-6, 1e-3, 1e3, 1e6, 1e9, 1e12)


@dataclass
class Named:
    """{role: line}, and what was guessed, in words."""

    lines: dict[str, Pin]
    how: dict[str, str]
    notes: list[str] = field(default_factory=list)

    def channel(self, number: int) -> tuple[Pin, Pin] | None:
        legs = [self.lines.get(f"CH{number}_{leg}") for leg in "AB"]
        return (legs[0], legs[1]) if legs[0] and legs[1] else None


def told(options: Iterable[str]) -> dict[str, str]:
    """{role: name} out of ROLE=NAME."""
    out: dict[str, str] = {}
    for option in options:
        role, equals, name = option.partition("=")
        role = role.strip().upper()
        if not equals or role not in ROLES:
            raise BadUsage(
                f"--pin {cut(option)} is not ROLE=NAME",
                seen="roles: " + ", ".join(ROLES),
                do_next="for example --pin CH1_A=D0",
            )
        if role in out:
            raise BadUsage(f"--pin {role} is there twice", do_next="give it once")
        out[role] = name.strip()
    if len(set(out.values())) < len(out):
        raise BadUsage("--pin names one line for two roles", do_next="give each its own line")
    return out


def name(capture: Capture, asked: dict[str, str], program: dict, board: dict) -> Named:
    """The lines of every role that can be found; raises BadCapture without any pair of legs."""
    found = Named({}, {})
    for role, line in asked.items():
        if line not in capture.pins:
            raise BadCapture(
                f"{capture.path}: there is no line {cut(line)} in it",
                seen=", ".join(map(cut, capture.pins)),
                do_next=f"--pin {role}=one of these",
            )
        found.lines[role], found.how[role] = capture.pins[line], AS_TOLD
    taken = set(asked.values())
    for role, line in _by_name(capture, asked, board).items():
        if line not in taken:
            found.lines[role], found.how[role] = capture.pins[line], "by its name"
            taken.add(line)
    halves = _halves(capture, found, program)
    missing = [
        number
        for number in program["channels"]
        if not found.channel(number) and number not in halves
    ]
    free = [pin for line, pin in capture.pins.items() if line not in taken]
    _guess(found, missing, free, program)
    here = [number for number in program["channels"] if found.channel(number)]
    if not here:
        raise BadCapture(
            f"{capture.path}: no line in it does what the legs of a channel do",
            seen=_seen(capture),
            do_next="name them: --pin CH1_A=… --pin CH1_B=…; is a session in the capture?",
        )
    _none_lost(capture, found)
    found.notes += [
        f"channel {number} is not in the capture: nothing is said of it"
        for number in program["channels"]
        if number not in here
    ]
    return found


def _none_lost(capture: Capture, found: Named) -> None:
    for role, pin in found.lines.items():
        if pin.lost_ps is not None:
            raise BadCapture(
                f"{capture.path}: {cut(pin.name)} ({role}) has no level after "
                f"{pin.lost_ps / PS_PER_S:.6f} s: x or z",
                do_next="capture it again, each line connected; a lower rate loses no samples",
            )


def _halves(capture: Capture, found: Named, program: dict) -> dict[int, str]:
    """{channel: the leg that is known without the other}: nothing is guessed there."""
    out = {}
    for number in program["channels"]:
        known = [role for leg in "AB" if (role := f"CH{number}_{leg}") in found.lines]
        if len(known) != 1:
            continue
        (role,) = known
        other = f"CH{number}_{'B' if role.endswith('A') else 'A'}"
        line = cut(found.lines[role].name)
        if found.how[role] == AS_TOLD:
            raise BadUsage(
                f"--pin {role}={line}, and nothing says which line is {other}",
                seen=_seen(capture),
                do_next=f"add --pin {other}=…",
            )
        out[number] = role
        found.notes.append(f"channel {number}: {role} is in the capture, {other} is not")
    return out


def _seen(capture: Capture) -> str:
    return ", ".join(
        f"{cut(pin.name)}: {counted(len(pin.ps), 'edge')}" for pin in capture.pins.values()
    )


def _plain(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())


def _by_name(capture: Capture, asked: dict[str, str], board: dict) -> dict[str, str]:
    """{role: line} where a line has the role's name, or that of its GPIO."""
    wanted = {_plain(role): role for role in ROLES}
    for role, (gpio, *_) in board["PINS"].items():
        if role in ROLES:
            wanted |= {f"GP{gpio}": role, f"GPIO{gpio}": role}
    out: dict[str, str] = {}
    for line in capture.pins:
        role = wanted.get(_plain(line))
        if role in out:
            raise BadCapture(
                f"{capture.path}: two lines are {role} by their names: {cut(out[role])}, "
                f"{cut(line)}",
                do_next=f"say which: --pin {role}=…",
            )
        if role and role not in asked:
            out[role] = line
    return out


def longest_us(program: dict) -> int:
    return max(program["sweep"]["phase_us"]) if "sweep" in program else program["phase_us"]


def check_unit(capture: Capture, legs: Iterable[Pin], program: dict) -> None:
    """Refuse a capture whose times are plainly in another unit: a thousand times too long or
    short.
    """
    for pin in legs:
        highs = np.diff(pin.ps[pin.first : pin.first + _LOOKED_AT])[::2]
        if not len(highs):
            continue
        ratio = float(np.median(highs)) / (longest_us(program) * PS_PER_US)
        unit = next((one for one in _UNITS if 0.9 < ratio / one < 1.1), None)
        if unit:
            raise BadCapture(
                f"{capture.path}: its times are in another unit",
                seen=f"{cut(pin.name)} is high for {ratio:.3g} times what is prescribed",
                do_next="export it in seconds; a CSV says its unit in its first line: Time [s]",
            )


@dataclass(frozen=True)
class _Pair:
    """Two lines that do what the legs of a channel do; `off_ps`: how far from what is asked."""

    a: Pin
    b: Pin
    start_ps: int
    off_ps: float


def _guess(found: Named, missing: list[int], free: list[Pin], program: dict) -> None:
    """Legs of the channels that have no names: the pairs that come nearest to the program."""
    pairs = sorted(_pairs(free, program), key=lambda pair: pair.off_ps)
    if not missing or not pairs:
        return
    chosen = [pairs[0]]
    if len(missing) == 2:
        others = [one for one in pairs if not {one.a.name, one.b.name} & _names(pairs[0])]
        chosen += others[:1]
    if len(chosen) == 2:
        chosen = _in_order(chosen, program)
    for number, pair in zip(missing, chosen, strict=False):
        for leg, pin in (("A", pair.a), ("B", pair.b)):
            found.lines[f"CH{number}_{leg}"] = pin
            found.how[f"CH{number}_{leg}"] = "guessed from what it does"
    found.notes.append(
        "legs were guessed: of two lines that do the same the first was taken; --pin says otherwise"
    )


def _names(pair: _Pair) -> set[str]:
    return {pair.a.name, pair.b.name}


def _in_order(two: list[_Pair], program: dict) -> list[_Pair]:
    """Channel 1 first: the order in which the offset is the prescribed one."""
    offset = program["offset_us"] * PS_PER_US
    later = two[1].start_ps - two[0].start_ps
    return two if abs(later - offset) <= abs(-later - offset) else two[::-1]


def _pairs(free: list[Pin], program: dict) -> list[_Pair]:
    """Pairs of lines of which the second follows the first after a gap, both for a phase."""
    phase_ps = longest_us(program) * PS_PER_US
    like = [pin for pin in free if phase_ps / _ABOUT < _high_ps(pin) < phase_ps * _ABOUT]
    out = []
    for one, two in combinations(like, 2):
        pairs = [pair for pair in (_pair(one, two, program), _pair(two, one, program)) if pair]
        out += sorted(pairs, key=lambda pair: pair.off_ps)[:1]
    return out


def _high_ps(pin: Pin) -> float:
    highs = np.diff(pin.ps[pin.first : pin.first + _LOOKED_AT])[::2]
    highs = highs[highs >= GLITCH_PS]
    return float(np.median(highs)) if len(highs) >= _LEAST_PULSES else 0.0


def _pair(a: Pin, b: Pin, program: dict) -> _Pair | None:
    ends, starts = a.falls()[a.first :][: _LOOKED_AT // 2], b.rises()
    at = np.searchsorted(starts, ends, "left")
    ends, at = ends[at < len(starts)], at[at < len(starts)]
    if len(ends) < _LEAST_PULSES:
        return None
    gap_ps = float(np.median(starts[at] - ends))
    asked = program["gap_us"] * PS_PER_US
    if gap_ps > _ABOUT * asked + GLITCH_PS:
        return None
    # SYNC_OUT is high in phase A of both channels: it has pulses that this leg B does not follow.
    alone = abs(len(a.ps) - len(b.ps)) // 2
    off = abs(gap_ps - asked) + abs(_high_ps(b) - _high_ps(a)) + alone * GLITCH_PS
    return _Pair(a, b, int(a.rises()[0]), off)
