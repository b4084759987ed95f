"""Why the outputs went off: the first reason, which layer did it, and after how long. From the pins
and the mirrored state alone, as they come.
"""

from stimcore.interlock import REASONS

from evenpulse.twin import states
from evenpulse.twin.twin import CLOCKS_PER_MS

_CLOCKS_PER_US = CLOCKS_PER_MS / 1000
# The guard needs no more than this from the line to the pins (contract I1).
_GUARD_CLOCKS = 8
# Reason: what of it is not the firmware's own doing, when the line did not fall first
_LAYER = {"deadman": "deadman", "watchdog": "watchdog", "exception": "firmware"}
_MONITORED = ("width",)
# What of an act says which one it was.
_NAMED = ("do", "button", "channel", "pin")
LAYERS = ("guard", "deadman", "monitor", "watchdog", "firmware")


class Trips:
    """Fed with edges by role and with states; `newest` is the last trip, as a page is told it."""

    def __init__(self) -> None:
        self.newest: dict | None = None
        self._cause: tuple[int, dict] = (0, {})
        self._line_fell: int | None = None
        self._cut: int | None = None
        self._reset: int | None = None
        self._on = False

    def act(self, clock: int, act: dict) -> None:
        """Something was done to the device, as an event says it; a trip may come of it."""
        self._cause = clock, {key: value for key, value in act.items() if key in _NAMED}

    def edge(self, clock: int, role: str, level: int) -> None:
        if role == "INTERLOCK_N" and not level:
            self._line_fell = clock
        elif role == "HV_EN":
            self._cut = clock if self._on and not level else None if level else self._cut
            self._on = bool(level)

    def state(self, clock: int, word: int) -> None:
        """A new word of SCRATCH0: 0 after a reset, FAULT is a trip."""
        if not word:
            self._reset = clock
        if word & 0xFF != states.FAULT:
            return
        code = word >> 8 & 0xFF
        reason = REASONS[code][0] if code < len(REASONS) else f"unknown {code}"
        cut = clock if self._cut is None else min(self._cut, clock)
        caused, act = self._cause if self._cause[0] <= cut else (None, {})
        self.newest = {
            "reason": reason,
            "engineer": REASONS[code][1] if code < len(REASONS) else "",
            "layer": self._layer(reason, cut),
            "cause": act,
            "after_us": None if caused is None else round((cut - caused) / _CLOCKS_PER_US, 3),
            "cut": self._cut,
            "noticed": clock,
        }

    def _layer(self, reason: str, cut: int) -> str:
        """Whoever was first: the line and the guard, or what the reason itself names."""
        fell = self._line_fell
        if self._cut is not None and fell is not None and 0 <= cut - fell <= _GUARD_CLOCKS:
            return "monitor" if reason in _MONITORED else "guard"
        if reason == "watchdog" and self._reset is not None and cut < self._reset:
            return "deadman"
        return _LAYER.get(reason, "firmware")
