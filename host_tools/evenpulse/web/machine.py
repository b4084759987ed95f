"""The twin of a page: a desk in a person's time, and what hands do to it. Its frames tell what is
seen.

Acts come one a clock, so that a replay does them in the same order.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial

from evenpulse.base import boards
from evenpulse.base.errors import BadUsage, Problem
from evenpulse.connect import bring_up
from evenpulse.live.pace import Pace
from evenpulse.scenario.events import EVENTS, Event
from evenpulse.scenario.file import Scenario
from evenpulse.scenario.player import LOADS, prescribe, set_loads
from evenpulse.twin.states import READY
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin
from evenpulse.web.frames import Frames
from evenpulse.web.recording import Recording
from evenpulse.web.seen import SeenDesk

FACTORS = (0.001, 4.0)
# Clocks that pass with each act: no two are at one clock
_ACT_CLOCKS = 125
# A step of one pulse ends within this: longer than the longest period
_STEP_MS, _STEP_LIMIT_MS = 0.1, 1_200.0


class Machine:
    """`act(do, parameters)` raises Problem; `desk.advance`, then `frames.next()` or `.whole()`."""

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
        self.tour, self.rx = tour or {}, rx
        self.board = boards.load(board)
        twin = bring_up.new(board)
        self.info, self.programs = prescribe(twin, rx)
        self._kept = twin.flash
        self.wanted, self.is_attended = 1.0, True
        # The number of this device: a new one begins where all begin
        self.life = 0
        self.frames = Frames(self)
        self._acts_of_page: dict[str, Callable[..., None]] = {
            "down": self._push,
            "up": self._let_go,
            "pace": self._pace,
            "step": self._step,
            "take_over": self._take_over,
            "again": lambda: self.begin(self._scenario),
            "tour": self._begin_step,
        }
        self.begin(scenario)

    def begin(self, scenario: Scenario | None) -> None:
        """A new device of this board and prescription at READY; a scenario plays from there."""
        if self.life:
            self.desk.close()
        self._scenario = scenario
        self.desk = SeenDesk(self.board, self._kept)
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
        self.recording = Recording(self.board["NAME"], load)
        self.loads_ohm = [electrode.series_ohm for electrode in twin.electrodes]
        # By button: a clock
        self._down: dict[str, int] = {}
        # Events of the scenario that are still to come
        self.playing = 0
        self.frames.begin()
        for event in scenario.events if scenario else ():
            self.playing += 1
            twin.at(self.ready_clock + event.clock, partial(self._play, event, self.recording))
        self._set_pace()
        self.life += 1

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
        self.desk.trips.act(clock, {"do": do, **parameters})
        EVENTS[do].does(self, **parameters)
        self.recording.acts.append(event)
        self._pass()

    def _pass(self) -> None:
        self.twin.run_clocks(_ACT_CLOCKS)

    def _play(self, event: Event, recording: Recording) -> None:
        """An event of the scenario at its clock, unless somebody has taken over."""
        if recording is not self.recording or not self.playing:
            return
        self.playing -= 1
        now = self.twin.now
        self.desk.trips.act(now, {"do": event.do, **event.parameters})
        EVENTS[event.do].does(self, **event.parameters)
        # At READY's own clock the loop has begun one: counted from there, as the scenario does
        told = recording.check(now - self.ready_clock, event.do, event.parameters)
        recording.acts.append(told)

    def _take_over(self) -> None:
        self.playing = 0

    def _push(self, button: str) -> None:
        self._known(button)
        if button not in self._down:
            self._take_over()
            now = self.twin.now
            self.desk.trips.act(now, {"do": "press", "button": button})
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
        if step not in self.tour:
            raise BadUsage(
                f"there is no step {str(step)[:32]!r}",
                do_next=f"one of {', '.join(self.tour)}" if self.tour else "run it without a file",
            )
        self.begin(self.tour[step])

    def _known(self, button: object) -> None:
        if button not in (known := self.twin.world.buttons()):
            raise BadUsage(
                f"there is no button {str(button)[:32]!r}", do_next=f"one of {', '.join(known)}"
            )

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
        self.wanted = float(factor)
        self._set_pace()

    def attended(self, somebody: bool) -> None:
        """Without anybody who looks it stands."""
        self.is_attended = somebody
        self._set_pace()

    def _set_pace(self) -> None:
        self.pace.want(self.wanted if self.is_attended else 0.0, self.twin.now)

    def _step(self) -> None:
        """One more pulse of any channel, or as long as the longest period."""
        self.wanted = 0.0
        self._set_pace()
        count = sum(trace.count for trace in self.desk.traces)
        end = self.twin.now + _STEP_LIMIT_MS * CLOCKS_PER_MS
        while self.twin.now < end and sum(t.count for t in self.desk.traces) == count:
            self.twin.run_ms(_STEP_MS)
            self.desk.look()

    def toml(self) -> str:
        """What was done until now, as a scenario."""
        now = self.twin.now
        held = [(name, since - self.ready_clock, now - since) for name, since in self._down.items()]
        return self.recording.toml(now - self.ready_clock, held)


def told_as(problem: Problem) -> dict:
    """A refused act."""
    return {"problem": {"what": problem.what, "seen": problem.seen, "do_next": problem.do_next}}
