"""waves.vcd and waves.gtkw: a run for GTKWave and PulseView. Every pin in a scope of its group;
what is no pin beside it.

Written by hand: pyvcd writes reals with 16 digits where these have 4 or 6, and the files would no
longer be the same bytes. The tests read them with a reader of their own.

A time of 1 ns is the nearest that a VCD file can name; every time in it is a whole number of clocks
of 8 ns, so nothing is rounded.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from stimcore.interlock import REASONS
from stimcore.states import STATES

if TYPE_CHECKING:
    from evenpulse.twin.twin import Twin

NS_PER_CLOCK = 8
_STATE_BITS = 8
_OTHER = "other"
# (scope, what a role in it begins with); a role belongs to the first that fits
SCOPES = (
    ("channel_1", ("CH1_",)),
    ("channel_2", ("CH2_",)),
    ("interlock", ("HV_EN", "INTERLOCK_N", "SHORT_N")),
    ("buttons", ("BTN_",)),
    ("indicators", ("LED_", "BUZZER")),
    ("trigger", ("SYNC_", "TRIG_")),
    ("usb", ("VBUS_",)),
    ("screen", ("OLED_",)),
    (_OTHER, ("",)),
)
_SESSION = "session"
# Scopes that the save file leaves out
_SHOWN_NOT = ("screen", _OTHER)
# GTKWave's window, and its unit of zoom: the logarithm of the time that 200 pixels show.
_SIZE, _WAVES_PIXELS, _ZOOM_PIXELS = "1300 800", 1_000, 200
# Flags of a trace in a GTKWave save file: how it is shown.
_BINARY, _DECIMAL, _ANALOG, _COMMENT, _TALLER = "@28", "@24", "@8420", "@200", "@20000"


@dataclass
class Signal:
    """One signal: its scope, name, kind in the file, and (clock, value as the file writes it) at
    each change.
    """

    scope: str
    name: str
    kind: str
    first: str
    code: str = ""
    changes: list[tuple[int, str]] = field(default_factory=list)

    def written(self, value: str) -> str:
        """A change of value, without its time."""
        return f"{value}{self.code}" if self.kind == "wire 1" else f"{value} {self.code}"


def signals(roles: Mapping[int, str], twin: "Twin") -> list[Signal]:
    """Every signal of a run, by scope: pins, duties of PWM pins, set points in mA, state and
    reason of the session.
    """
    pins = {
        gpio: Signal(_scope(role), role, "wire 1", str(twin.first_levels[gpio]))
        for gpio, role in roles.items()
    }
    for clock, gpio, level in twin.edges:
        if gpio in pins:
            pins[gpio].changes.append((clock, str(level)))
    found = [*pins.values(), *_duties(roles, twin), *_session(twin)]
    order = [_SESSION, *(name for name, _ in SCOPES)]
    found.sort(key=lambda one: (order.index(one.scope), one.kind != "wire 1"))
    for number, one in enumerate(found):
        one.code = f"s{number:x}"
    return found


def _scope(role: str) -> str:
    return next(name for name, begins in SCOPES if role.startswith(begins))


def _duties(roles: Mapping[int, str], twin: "Twin") -> list[Signal]:
    full_ma = twin.board["FULL_SCALE_UA"] / 1_000
    found = []
    for gpio, role in roles.items():
        steps = [(clock, duty) for clock, pin, duty in twin.world.duties if pin == gpio]
        if twin.board["PINS"][role][1] != "pwm":
            continue
        found.append(
            Signal(
                _scope(role),
                f"{role}_duty",
                "real 64",
                "r0",
                changes=[(clock, f"r{duty:.6f}") for clock, duty in steps],
            )
        )
        if role.endswith("_AMP"):
            name = f"{role.removesuffix('_AMP')}_set_mA"
            found.append(
                Signal(
                    _scope(role),
                    name,
                    "real 64",
                    "r0",
                    changes=[(clock, f"r{duty * full_ma:.4f}") for clock, duty in steps],
                )
            )
    return found


def _session(twin: "Twin") -> list[Signal]:
    """State and reason as the firmware mirrors them; 0 while it boots."""
    state, reason = (
        Signal(_SESSION, name, f"reg {_STATE_BITS}", "b0") for name in ("state", "reason")
    )
    for clock, word in twin.states:
        state.changes.append((clock, f"b{word & 0xFF:b}"))
        reason.changes.append((clock, f"b{word >> 8 & 0xFF:b}"))
    return [state, reason]


def write(path: Path, twin: "Twin", found: list[Signal], about: str) -> None:
    """Write the VCD file. `about`: board and firmware, for its comment."""
    changes = sorted(
        ((clock, one.written(value)) for one in found for clock, value in one.changes),
        key=lambda change: change[0],
    )
    with path.open("w", newline="\n") as file:
        file.write(f"$comment {about} $end\n$comment {_codes()} $end\n")
        file.write(
            f"$comment One clock is {NS_PER_CLOCK} ns, and every time a multiple of it: PulseView "
            f"may downsample by {NS_PER_CLOCK}. $end\n"
        )
        file.write(f"$timescale 1 ns $end\n$scope module {twin.board['NAME']} $end\n")
        for scope in dict.fromkeys(one.scope for one in found):
            file.write(f"$scope module {scope} $end\n")
            file.writelines(
                f"$var {one.kind} {one.code} {_var(one)} $end\n"
                for one in found
                if one.scope == scope
            )
            file.write("$upscope $end\n")
        file.write("$upscope $end\n$enddefinitions $end\n#0\n$dumpvars\n")
        file.writelines(f"{one.written(one.first)}\n" for one in found)
        file.write("$end\n")
        _write_changes(file, changes)
        file.write(f"#{twin.now * NS_PER_CLOCK}\n")


def _write_changes(file: TextIO, changes: Iterable[tuple[int, str]]) -> None:
    at = 0
    for clock, change in changes:
        if clock != at:
            at = clock
            file.write(f"#{clock * NS_PER_CLOCK}\n")
        file.write(change + "\n")


def _var(one: Signal) -> str:
    return f"{one.name} [{_STATE_BITS - 1}:0]" if one.kind.startswith("reg") else one.name


def _codes() -> str:
    states = ", ".join(f"{number} {name}" for number, name in enumerate(STATES))
    return (
        f"session.state: {states}. session.reason: "
        f"{', '.join(f'{code} {row[0]}' for code, row in enumerate(REASONS))}."
    )


def write_gtkw(
    path: Path, dumpfile: str, twin: "Twin", found: list[Signal], from_clock: int
) -> None:
    """Write GTKWave's save file: the useful signals under a heading for each group, from READY
    to the end of the run.
    """
    top, from_ns = twin.board["NAME"], from_clock * NS_PER_CLOCK
    span_ns = max(1, twin.now * NS_PER_CLOCK - from_ns)
    zoom = math.log2(max(1.0, span_ns * _ZOOM_PIXELS / _WAVES_PIXELS))
    rows = [
        f'[dumpfile] "{dumpfile}"',
        f"[timestart] {from_ns}",
        f"[size] {_SIZE}",
        f"*-{zoom:.6f} {from_ns}",
        f"[treeopen] {top}.",
        "[sst_expanded] 0",
    ]
    for scope in dict.fromkeys(one.scope for one in found if one.scope not in _SHOWN_NOT):
        rows += [_COMMENT, f"-{scope.replace('_', ' ')}"]
        for one in found:
            if one.scope == scope:
                rows += _trace(f"{top}.{scope}.", one)
    path.write_text("\n".join(rows) + "\n", newline="\n")


def _trace(within: str, one: Signal) -> list[str]:
    if one.kind.startswith("reg"):
        return [_DECIMAL, f"{within}{one.name}[{_STATE_BITS - 1}:0]"]
    if one.name.endswith("_set_mA"):
        return [_ANALOG, within + one.name, _TALLER, "-", "-"]
    if one.name.endswith(("_duty", "_AMP")):
        # The set point says the same
        return []
    return [_BINARY, within + one.name]
