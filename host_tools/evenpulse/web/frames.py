"""What a page is told of its twin, as JSON objects.

A frame tells what is new since the one before; `whole` tells everything to whoever has just come.
"""

import base64
from collections.abc import Mapping
from typing import Any, Protocol

from stimcore import records
from stimcore.interlock import CODES
from stimcore.texts import LANGUAGES, Texts

from evenpulse.live.trace import Trace
from evenpulse.scenario.file import Scenario
from evenpulse.scenario.player import LOADS
from evenpulse.twin import states
from evenpulse.twin.twin import Twin
from evenpulse.web.recording import Recording
from evenpulse.web.seen import SeenDesk


class Seen(Protocol):
    """What is looked at: a machine."""

    board: dict
    info: dict
    programs: list[str]
    tour: Mapping[str, Scenario]
    desk: SeenDesk
    recording: Recording
    wanted: float
    is_attended: bool
    life: int
    ready_clock: int
    playing: int

    @property
    def twin(self) -> Twin: ...


class Frames:
    """`begin()` with each device, then `next()` again and again; `whole()` at any time."""

    def __init__(self, machine: Seen):
        self._machine, self._n = machine, 0

    def begin(self) -> None:
        """Another device: its clock begins anew, and nothing of it has been told."""
        self._told: dict[str, Any] = {}
        self._clock = 0

    def screen(self) -> bytes | None:
        """The display's memory as it is now."""
        screen = self._machine.twin.world.screen
        return bytes(screen.ram) if screen else None

    def next(self) -> dict:
        """What is new since the last one."""
        desk, twin = self._machine.desk, self._machine.twin
        desk.look()
        edges, flows, records = desk.take()
        slow = {
            name: value for name, value in self._slow().items() if self._told.get(name) != value
        }
        self._told |= slow
        base, self._clock = self._clock, twin.now
        self._n += 1
        told = {"n": self._n, "from": base, "clock": self._clock, **slow}
        rows = [
            ("edges", _edges(base, edges)),
            ("flows", [[n, begin - base, *rest] for n, begin, *rest in map(_flow, flows)]),
            ("journal", records),
        ]
        return told | {name: value for name, value in rows if value}

    def whole(self) -> dict:
        """Everything, for somebody who has just come; frames go on from its number."""
        machine, desk, twin = self._machine, self._machine.desk, self._machine.twin
        board = machine.board
        return {
            "n": self._n,
            "clock": self._clock,
            "whole": True,
            "board": {
                "name": board["NAME"],
                "channels": board["CHANNELS"],
                "output_stage": board["OUTPUT_STAGE"],
                "buttons": twin.world.buttons(),
                "lights": list(desk.lit()),
                "screen": twin.world.screen is not None,
                "buzzer": "BUZZER" in board["PINS"],
            },
            "roles": {str(gpio): role for gpio, role in desk.roles.items()},
            "levels": {role: twin.chip.pads.levels[gpio] for gpio, role in desk.roles.items()},
            "info": machine.info,
            "programs": machine.programs,
            "tour": list(machine.tour),
            "events": {name: says for name, _, _, says, *_ in records.EVENTS},
            "reasons": {language: _reasons(Texts(language)) for language in LANGUAGES},
            "journal": desk.records,
            **self._slow(),
        }

    def _slow(self) -> dict[str, Any]:
        """What a frame tells only when it is another than before."""
        machine, desk, twin = self._machine, self._machine.desk, self._machine.twin
        screen = twin.world.screen
        return {
            "state": states.name(twin.state) if twin.powered else states.OFF,
            "life": machine.life,
            "trip": desk.trips.newest,
            "ready_clock": machine.ready_clock,
            "lights": desk.lit(),
            "beep": desk.beeping,
            "down": dict(twin.world.down_since),
            "pace": {
                "wanted": machine.wanted,
                "had": round(desk.pace.had, 2),
                "attended": machine.is_attended,
            },
            "plugs": {
                "usb": twin.usb.plugged,
                "stop": desk.stop_closed,
                "power": twin.powered,
                "supply_mv": twin.supply_mv,
            },
            "refusal": desk.refusal,
            "load": [
                {"open": one.open, **{key: getattr(one, name) for key, name in LOADS.items()}}
                for one in twin.electrodes
            ],
            "pulses": [_pulses(trace, desk.hv_on) for trace in desk.traces],
            "acts": len(machine.recording.acts),
            "playing": machine.playing,
            "screen": base64.b64encode(screen.ram).decode() if screen else "",
            "view": [
                int(flag)
                for flag in (screen.on, screen.inverted, screen.all_on, screen.mirrored_x,
                    screen.mirrored_y, screen.start_line)
            ] if screen else [],
            "resets": twin.chip.resets,
        }  # fmt: skip


def _reasons(texts: Texts) -> dict[str, tuple[str, str, str]]:
    """What the patient reads of each fault."""
    return {name: texts.message(name) for name in CODES if texts.has_message(name)}


def _pulses(trace: Trace, flowing: bool) -> dict:
    """A train of pulses as it is now: nothing flows any more as soon as HV_EN is off."""
    rate_pps, pulse = trace.rate_pps if flowing else None, trace.pulse
    return {
        "ma": round(pulse.a_ma, 3) if pulse and rate_pps else 0,
        "pps": round(rate_pps, 2) if rate_pps else 0,
        "count": trace.count,
    }


def _edges(base: int, edges: list[tuple[int, int, int]]) -> list[int]:
    """Clocks since the edge before, and the pin with its level in the lowest bit, in turn."""
    told = []
    for clock, gpio, level in edges:
        told += [clock - base, gpio << 1 | level]
        base = clock
    return told


def _flow(flow: list) -> list:
    """Channel, clocks, direction, highest and mean current in µA."""
    number, begin, end, sign, nc, peak_ua = flow
    mean_ua = nc / ((end - begin) * 8e-9) / 1000 if end > begin else 0.0
    return [number, begin, end - begin, sign, round(peak_ua), round(mean_ua)]
