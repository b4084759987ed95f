"""What hands did, each act with its clock: a scenario that `evenpulse twin run` replays, clock for
clock.

What no scenario could say cannot be done here either: each act is checked as a scenario's event.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from evenpulse.base import toml_file
from evenpulse.base.errors import Problem
from evenpulse.scenario.file import check_events
from evenpulse.scenario.parameters import CLOCKS_PER_MS

PRESCRIPTION = "prescription.toml"
# Not of a page: they are for who knows the chip's addresses.
NOT_OFFERED = ("poke", "crash", "soft_reset")
_SAME = ("at_ms", "do")


@dataclass
class Recording:
    """Acts since READY on one board. `add` raises Problem for what cannot be done now."""

    board: str
    load: dict[str, float]
    acts: list[dict] = field(default_factory=list)

    def check(self, clock: int, do: str, parameters: dict) -> dict:
        """The act as an event of a scenario."""
        if do in NOT_OFFERED:
            raise Problem(f"{do} is not done from a page", do_next="write it into a scenario")
        event = {**parameters, "at_ms": _ms(clock), "do": do}
        check_events(self.board, [*self.acts, event], _ms(clock) + 1)
        return event

    def press(self, button: str, clock: int, clocks: int) -> None:
        """A button that was down from a clock on, for so long."""
        self.acts.append(_press(button, clock, clocks))

    def toml(self, until_clock: int, held: Iterable[tuple[str, int, int]] = ()) -> str:
        """The scenario, up to a clock after READY; `held`: what is down still, since when, for how
        long.
        """
        rows = [
            "# Recorded in a page: evenpulse twin run THIS --out FOLDER replays it.",
            f'board = "{self.board}"',
            f'prescription = "{PRESCRIPTION}"',
            f"until_ms = {_ms(until_clock)}",
            "",
            "[load]",
            *(f"{key} = {value:g}" for key, value in self.load.items()),
        ]
        for act in [*self.acts, *(_press(*one) for one in held)]:
            rows += ["", "[[event]]", *(f"{key} = {_toml(act[key])}" for key in _keys(act))]
        text = "\n".join(rows) + "\n"
        if len(text) > toml_file.BYTES_MAX:
            raise Problem(
                "this recording is too long for a scenario",
                seen=f"{len(text)} bytes; at most {toml_file.BYTES_MAX}",
                do_next="begin again, and record less",
            )
        return text


def _press(button: str, clock: int, clocks: int) -> dict:
    return {"at_ms": _ms(clock), "do": "press", "button": button, "for_ms": _ms(clocks)}


def _keys(act: dict) -> list[str]:
    return [*_SAME, *(key for key in act if key not in _SAME)]


def _toml(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else toml_file.shown(value)


def _ms(clocks: int) -> Decimal:
    return Decimal(clocks) / CLOCKS_PER_MS
