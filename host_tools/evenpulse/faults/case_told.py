"""What a case of the fault campaign left behind, and what is to be said of it: who noticed, which
layer cut, the verdict.
"""

from dataclasses import asdict, dataclass, replace
from typing import NamedTuple

from evenpulse.faults import judge, layers
from evenpulse.faults.table import DEADMAN, FIRMWARE, GUARD, MONITOR, RESET, WATCHDOG, Fault
from evenpulse.twin.load import Flow
from evenpulse.twin.states import ENDED, FAULT, RUNNING
from evenpulse.twin.twin import CLOCKS_PER_MS

_HARDWARE = (GUARD, DEADMAN, MONITOR, WATCHDOG)
_LAST_PULSE_CLOCKS = 20 * CLOCKS_PER_MS
OUTCOMES = ("safe-stopped", "safe-harmless", "unsafe", "unnoticed", "undecided")
SAFE = OUTCOMES[:2]


class Struck(NamedTuple):
    """A fault that was put in: when, what it did, and whether there was something to hit."""

    clock: int
    fault: Fault
    told: dict
    hit: bool


@dataclass(frozen=True)
class Left:
    """In clocks of all the lives of its device. `cycles`: when the power came back; `stop`,
    `started`, `over`: when a person pressed STOP, held START, asked for the end.
    """

    begin: int
    end: int
    first_levels: dict[str, int]
    edges: list
    flows: dict[int, list[Flow]]
    states: list
    watchers: list[layers.Watcher]
    cycles: list[int]
    struck: list[Struck]
    stop: int | None
    started: int | None
    over: int | None
    # From when on the output may end because it is to; None, and `over`: from the beginning
    asked: int | None = None

    def told(self, rx: judge.Prescription, undecided: str | None) -> dict:
        """What faults.json says of it, the verdict by `rx`. `undecided`: why it did not end."""
        record = self._record()
        verdict = self._verdict(record, rx)
        falls = [fall for watcher in self.watchers for fall in watcher.falls]
        resets = [reset for watcher in self.watchers for reset in watcher.resets]
        hand = next((c for c in (record.stop, record.started) if c is not None), record.end)
        last = max(
            (flow.end for flows in record.flows.values() for flow in flows if flow.end <= hand),
            default=0,
        )
        # Nobody stopped what ended because it was to end
        over = self._asked_to_end(record.end) and not record.noticed
        off = None if over else verdict.off
        silent = off is None and not over and hand - last > 700 * CLOCKS_PER_MS
        first = self.struck[0].clock if self.struck else record.begin
        unsafe = [finding for finding in verdict.unsafe if finding.kind != judge.UNNOTICED]
        outcome = (
            "unsafe"
            if unsafe
            else "unnoticed"
            if verdict.unsafe
            else "safe-harmless"
            if off is None and not silent
            else "safe-stopped"
        )
        if undecided and not verdict.unsafe:
            outcome = "undecided"
        return {
            "parameters": self.struck[-1].told if self.struck else {},
            "after_parameters": self.struck[0].told if len(self.struck) > 1 else None,
            "clock": record.fault,
            "outcome": outcome,
            "layer": layers.layer(falls, resets, off, silent),
            "off_us": None if off is None else (off - record.fault) / judge.CLOCKS_PER_US,
            "reason": layers.reason_after(self.states, first),
            "undecided": undecided,
            "unsafe": [
                asdict(finding) | {"after_us": (finding.clock - record.fault) / judge.CLOCKS_PER_US}
                for finding in verdict.unsafe
            ],
            "longest_us": verdict.longest_us,
            "both_legs_us": verdict.both_legs_us,
            "phase_nc": round(verdict.phase_nc, 1),
            "net_nc": round(verdict.net_nc, 1),
            "struck_nc": round(verdict.struck_nc, 1),
            "peak_ua": round(verdict.peak_ua),
            "offset_us": round(verdict.offset_us, 3),
            "resets": len(resets),
        }

    def _noticed(self) -> list[tuple[int, str]]:
        """What shows that somebody has seen a fault: a layer that cut, a reset, a reason that the
        firmware latched.

        Once the end was asked for, the firmware's switching off is no sign of a fault; while the
        session still runs it is.
        """
        hardware = [
            (clock, who)
            for watcher in self.watchers
            for clock, who in watcher.falls
            if who in _HARDWARE or who == FIRMWARE and not self._ends(clock)
        ]
        resets = [reset for watcher in self.watchers for reset in watcher.resets] + [
            (clock, RESET) for clock in self.cycles
        ]
        told = [(clock, FIRMWARE) for clock, word in self.states if word & 0xFF == FAULT]
        return sorted(hardware + resets + told)

    def _asked_to_end(self, clock: int) -> bool:
        """By then a person has, or the session's time was over, or it said that it is."""
        if self.over:
            return clock >= (self.asked or self.begin)
        return bool(self._ended())

    def _ends(self, clock: int) -> bool:
        """It was asked to, and no longer runs."""
        before = [word & 0xFF for at, word in self.states if at <= clock]
        return self._asked_to_end(clock) and before[-1:] != [RUNNING]

    def _lowered(self) -> list[int]:
        """Where it was asked to end: when the firmware switched the output off."""
        falls = [fall for watcher in self.watchers for fall in watcher.falls]
        return [clock for clock, who in falls if who == FIRMWARE and self._ends(clock)]

    def _ended(self) -> int | None:
        """When the session said that it is over; a pulse that has begun by then is still
        completed.
        """
        ended = [
            clock for clock, word in self.states if word & 0xFF == ENDED and clock > self.begin
        ]
        return min(ended) + _LAST_PULSE_CLOCKS if ended else None

    def _record(self) -> judge.Record:
        resets = [clock for watcher in self.watchers for clock, _ in watcher.resets] + self.cycles
        return judge.Record(
            self.first_levels,
            self.edges,
            self.flows,
            self.begin,
            self.struck[-1].clock if self.struck else self.begin,
            self.end,
            resets,
            self.stop,
            self.started,
            self.over or self._ended(),
            self._noticed(),
            self._lowered(),
        )

    def _verdict(self, record: judge.Record, rx: judge.Prescription) -> judge.Verdict:
        """Each fault from its own clock: a latent one up to the acute one, the acute one to the
        end, with what the first holds on to.
        """
        verdicts = []
        for n, one in enumerate(self.struck):
            last = n == len(self.struck) - 1
            part = (
                record if last else replace(record.until(self.struck[n + 1].clock), fault=one.clock)
            )
            verdicts.append(judge.judge(part, rx, _demand(self.struck[: n + 1])))
        if not verdicts:
            return judge.judge(record, rx, judge.Demand())
        verdict = verdicts[-1]
        verdict.unsafe = sorted(
            (one for each in verdicts for one in each.unsafe), key=lambda one: one.clock
        )
        return verdict


def _demand(struck: list[Struck]) -> judge.Demand:
    """What the last of these asks for; nothing where there was nothing to hit."""
    last = struck[-1]
    stuck = frozenset(role for one in struck for role in one.fault.stuck)
    load = any(one.fault.load for one in struck)
    if not last.hit:
        return judge.Demand(stuck=stuck, load=load)
    return judge.Demand(
        last.fault.must_stop,
        last.fault.by_pulse,
        last.fault.pulses,
        stuck,
        load,
        last.fault.notice_ms,
    )
