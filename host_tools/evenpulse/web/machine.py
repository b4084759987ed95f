"""The twin of a page: a desk in a person's time, what hands do to it, and frames of what is seen.

A frame tells what is new since the one before; `whole` tells everything to whoever has just come.
Acts come one a clock, so that a replay does them in the same order.
"""

import base64
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from stimcore import records
from stimcore.interlock import CODES
from stimcore.states import STATES
from stimcore.texts import LANGUAGES, Texts

from evenpulse.base import boards
from evenpulse.base.errors import BadUsage, Problem
from evenpulse.connect import bring_up
from evenpulse.live.pace import Pace
from evenpulse.live.trace import Trace
from evenpulse.scenario.events import EVENTS, Event
from evenpulse.scenario.file import Scenario
from evenpulse.scenario.player import LOADS, prescribe, set_loads
from evenpulse.twin.states import READY
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin
from evenpulse.web.recording import Recording
from evenpulse.web.seen import SeenDesk

FACTORS = (0.001, 4.0)
_ACT_CLOCKS = 125  # that pass with each act: no two are at one clock
_STEP_MS, _STEP_LIMIT_MS = 0.1, 1_200.0  # of one pulse; longer than the longest period


class Machine:
    """`act(do, parameters)` raises Problem; `advance`, then `frame()` or `whole()` as JSON
    objects.
    """

    desk: SeenDesk
    # What an event of a scenario finds (scenario/events.py); none of a page needs symbols.
    loads_ohm: list[float]
    symbols: dict[str, tuple[int, int]] = {}

    def __init__(
        self,
        board: str,
        rx: dict,
        scenario: Scenario | None = None,
        tour: Mapping[str, Scenario] | None = None,
    ):
        self._tour = tour or {}
        self._board = boards.load(board)
        twin = bring_up.new(board)
        self.info, self.programs = prescribe(twin, rx)
        self._kept = twin.flash
        self._wanted, self._attended = 1.0, True
        self._n = self._life = 0
        self._acts_of_page: dict[str, Callable[..., None]] = {
            "down": self._push,
            "up": self._let_go,
            "pace": self._pace,
            "step": self._step,
            "power": self._power,
            "take_over": self._take_over,
            "again": lambda: self.begin(self._scenario),
            "tour": self._begin_step,
        }
        self.begin(scenario)

    def begin(self, scenario: Scenario | None) -> None:
        """A new device of this board and prescription at READY; a scenario plays from there."""
        if self._life:
            self.desk.close()
        self._scenario = scenario
        self.desk = SeenDesk(self._board, self._kept)
        twin = self.twin
        if scenario:
            set_loads(twin, scenario)
        load = {
            f"ch{number}_{name}": getattr(electrode, attribute)
            for number, electrode in enumerate(twin.electrodes, 1)
            for name, attribute in LOADS.items()
        }
        bring_up.reach(twin, READY, bring_up.BOOT_LIMIT_MS)
        self.ready_clock = twin.now
        self.recording = Recording(self._board["NAME"], load)
        self.loads_ohm = [electrode.series_ohm for electrode in twin.electrodes]
        self._down: dict[str, int] = {}  # button: clock
        self._told: dict[str, Any] = {}
        self._frame_clock = 0
        self._playing = 0
        for event in scenario.events if scenario else ():
            self._playing += 1
            twin.at(self.ready_clock + event.clock, partial(self._play, event, self.recording))
        self._set_pace()
        self._life += 1

    @property
    def twin(self) -> Twin:
        """The device of this life."""
        return self.desk.twin

    def close(self) -> None:
        self.desk.close()

    # --- acts ----------------------------------------------------------------------------------

    def act(self, do: object, parameters: dict) -> None:
        """What a page asks for: an act of its own, or an event of a scenario."""
        if not isinstance(do, str):
            raise BadUsage("an act has no name", do_next='send {"do": "…"}')
        if do in self._acts_of_page:
            try:
                self._acts_of_page[do](**parameters)
            except TypeError as error:
                raise BadUsage(f"{do} has other parameters", seen=str(error)[:200]) from error
        else:
            self._do(do, parameters)

    def _do(self, do: str, parameters: dict) -> None:
        clock = self.twin.now
        event = self.recording.check(clock - self.ready_clock, do, parameters)
        self._take_over()
        self.desk.trips.act(clock, do)
        EVENTS[do].does(self, **parameters)
        self.recording.acts.append(event)
        self._pass()

    def _pass(self) -> None:
        self.twin.run_clocks(_ACT_CLOCKS)

    def _play(self, event: Event, recording: Recording) -> None:
        """An event of the scenario at its clock, unless somebody has taken over."""
        if recording is not self.recording or not self._playing:
            return
        self._playing -= 1
        now = self.twin.now
        self.desk.trips.act(now, event.do)
        EVENTS[event.do].does(self, **event.parameters)
        # at READY's own clock the loop has begun one: counted from there, as the scenario does
        told = recording.check(now - self.ready_clock, event.do, event.parameters)
        recording.acts.append(told)

    def _take_over(self) -> None:
        self._playing = 0

    def _push(self, button: str) -> None:
        self._known(button)
        if button not in self._down:
            self._take_over()
            now = self.twin.now
            self.desk.trips.act(now, f"press {button}")
            self._down[button] = now
            self.twin.world.set_button(button, True)
            self._pass()

    def _let_go(self, button: str) -> None:
        self._known(button)
        if button in self._down:
            since, now = self._down.pop(button), self.twin.now
            self.twin.world.set_button(button, False)
            self.recording.press(button, since - self.ready_clock, now - since)
            self._pass()

    def let_go_all(self) -> None:
        """Nobody holds anything any more."""
        for button in list(self._down):
            self._let_go(button)

    def _begin_step(self, step: str) -> None:
        if step not in self._tour:
            raise BadUsage(
                f"there is no step {str(step)[:32]!r}",
                do_next=f"one of {', '.join(self._tour)}"
                if self._tour
                else "run it without a file",
            )
        self.begin(self._tour[step])

    def _known(self, button: object) -> None:
        if button not in (known := self.twin.world.buttons()):
            raise BadUsage(
                f"there is no button {str(button)[:32]!r}", do_next=f"one of {', '.join(known)}"
            )

    def _power(self) -> None:
        self.let_go_all()
        self._take_over()
        self.recording.ended = "the device was switched off and on"
        self.desk.key("p")
        self.ready_clock = self._frame_clock = 0
        self._told = {}
        self._life += 1
        self._set_pace()

    # --- time ----------------------------------------------------------------------------------

    @property
    def pace(self) -> Pace:
        return self.desk.pace

    def _pace(self, factor: object) -> None:
        low, high = FACTORS
        if isinstance(factor, bool) or not isinstance(factor, (int, float, Decimal)):
            raise BadUsage(f"factor = {str(factor)[:32]} is not a number")
        if factor and not low <= factor <= high:
            raise BadUsage(f"factor = {factor} is outside 0 or {low:g} to {high:g}")
        self._wanted = float(factor)
        self._set_pace()

    def attended(self, somebody: bool) -> None:
        """Without anybody who looks it stands."""
        self._attended = somebody
        self._set_pace()

    def _set_pace(self) -> None:
        self.pace.want(self._wanted if self._attended else 0.0, self.twin.now)

    def _step(self) -> None:
        """One more pulse of any channel, or as long as the longest period."""
        self._wanted = 0.0
        self._set_pace()
        count = sum(trace.count for trace in self.desk.traces)
        end = self.twin.now + _STEP_LIMIT_MS * CLOCKS_PER_MS
        while self.twin.now < end and sum(t.count for t in self.desk.traces) == count:
            self.twin.run_ms(_STEP_MS)
            self.desk.look()

    # --- what is seen --------------------------------------------------------------------------

    def screen(self) -> bytes | None:
        """The display's memory as it is now."""
        screen = self.twin.world.screen
        return bytes(screen.ram) if screen else None

    def frame(self) -> dict:
        """What is new since the last one."""
        self.desk.look()
        edges, flows, records = self.desk.take()
        slow = {
            name: value for name, value in self._slow().items() if self._told.get(name) != value
        }
        self._told |= slow
        base, self._frame_clock = self._frame_clock, self.twin.now
        self._n += 1
        told = {"n": self._n, "from": base, "clock": self._frame_clock, **slow}
        rows = [
            ("edges", _edges(base, edges)),
            ("flows", [[n, begin - base, *rest] for n, begin, *rest in map(_flow, flows)]),
            ("journal", records),
        ]
        return told | {name: value for name, value in rows if value}

    def whole(self) -> dict:
        """Everything, for somebody who has just come; frames go on from its number."""
        board, twin = self._board, self.twin
        return {
            "n": self._n,
            "clock": self._frame_clock,
            "whole": True,
            "board": {
                "name": board["NAME"],
                "channels": board["CHANNELS"],
                "output_stage": board["OUTPUT_STAGE"],
                "buttons": twin.world.buttons(),
                "lights": list(self.desk.lit()),
                "screen": twin.world.screen is not None,
                "buzzer": "BUZZER" in board["PINS"],
            },
            "roles": {str(gpio): role for gpio, role in self.desk.roles.items()},
            "levels": {role: twin.chip.pads.levels[gpio] for gpio, role in self.desk.roles.items()},
            "info": self.info,
            "programs": self.programs,
            "tour": list(self._tour),
            "events": {name: says for name, _, _, says, *_ in records.EVENTS},
            "reasons": {language: _reasons(Texts(language)) for language in LANGUAGES},
            "journal": self.desk.records,
            **self._slow(),
        }

    def _slow(self) -> dict[str, Any]:
        """What a frame tells only when it is another than before."""
        desk, twin = self.desk, self.twin
        screen = twin.world.screen
        return {
            "state": STATES[twin.state] if twin.state < len(STATES) else str(twin.state),
            "life": self._life,
            "trip": desk.trips.newest,
            "ready_clock": self.ready_clock,
            "lights": desk.lit(),
            "beep": desk.beeping,
            "down": dict(desk.down_since),
            "pace": {
                "wanted": self._wanted,
                "had": round(self.pace.had, 2),
                "attended": self._attended,
            },
            "plugs": {"usb": desk.usb_in, "stop": desk.stop_closed, "supply_mv": twin.supply_mv},
            "load": [
                {"open": one.open, **{key: getattr(one, name) for key, name in LOADS.items()}}
                for one in twin.electrodes
            ],
            "pulses": [_pulses(trace, desk.hv_on) for trace in desk.traces],
            "acts": len(self.recording.acts),
            "recording": self.recording.ended,
            "playing": self._playing,
            "screen": base64.b64encode(screen.ram).decode() if screen else "",
            "view": [
                int(flag)
                for flag in (screen.on, screen.inverted, screen.all_on, screen.mirrored_x,
                    screen.mirrored_y, screen.start_line)
            ] if screen else [],
            "resets": twin.chip.resets,
        }  # fmt: skip

    def toml(self) -> str:
        """What was done until now, as a scenario."""
        now = self.twin.now
        held = [(name, since - self.ready_clock, now - since) for name, since in self._down.items()]
        return self.recording.toml(now - self.ready_clock, held)


def _reasons(texts: Texts) -> dict[str, tuple[str, str, str]]:
    """What the patient reads of each fault."""
    return {name: texts.message(name) for name in CODES if texts.has_message(name)}


def told_as(problem: Problem) -> dict:
    """A refused act."""
    return {"problem": {"what": problem.what, "seen": problem.seen, "do_next": problem.do_next}}


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
