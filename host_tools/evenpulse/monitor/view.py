"""How a monitor's samples look: one line each, or a view of the terminal that is drawn again and
again.
"""

import time
from collections import deque
from typing import TYPE_CHECKING, Any

from evenpulse.base.plots import bars
from evenpulse.base.printable import printable
from evenpulse.monitor.rows import CHANNELS
from evenpulse.monitor.watching import STATUS, Sample

if TYPE_CHECKING:
    from rich.console import Group

_KEPT = 400
_EVENTS = 5
_PLOT_LINES = 3
_LABEL = 22
_COLOURS = {"READY": "green", "ARMED": "yellow", "RUNNING": "yellow", "FAULT": "red"}


def line(sample: Sample, one: dict[str, Any]) -> str:
    """A sample as a line of text."""
    clock = sample.when.astimezone().strftime("%H:%M:%S")
    if sample.event != STATUS:
        return f"{clock}  {sample.event}: {printable(sample.why)}"
    marks = [f"back after {sample.gap_s:.1f} s"] if sample.gap_s is not None else []
    marks += ["the device has restarted"] if sample.restarted else []
    parts = [
        clock,
        *([f"({', '.join(marks)})"] if marks else []),
        f"{printable(one['state'] or '?'):<7}",
        *([printable(one["program"])] if one["program"] else []),
        *(f"{channel}: {_currents(one, channel)}" for channel in _channels(one)),
        *([f"left {_clock(one['left_s'])}"] if one["left_s"] else []),
        f"{_volts(one['supply_mv'])} V",
        f"{_or_dash(one['temperature_c'])} °C",
        f"journal {_or_dash(one['journal_sequence'])}",
        *(
            [f"fault {printable(one['fault'])}: {printable(one['advice'] or '')}"]
            if one["fault"]
            else []
        ),
    ]
    return "  ".join(parts)


def _channels(one: dict[str, Any]) -> list[int]:
    """Those that the device tells of."""
    return [channel for channel in CHANNELS if one[f"ch{channel}_asked_ma"] is not None]


def _currents(one: dict[str, Any], channel: int) -> str:
    asked, measured = one[f"ch{channel}_asked_ma"], one[f"ch{channel}_measured_ma"]
    electrode = one[f"ch{channel}_electrode"]
    text = f"{asked} mA asked" + ("" if measured is None else f", {measured:.1f} measured")
    return text + (f", pads {electrode}" if electrode else "")


def _or_dash(value: object) -> str:
    return "-" if value is None else str(value)


def _volts(millivolts: int | None) -> str:
    return "-" if millivolts is None else f"{millivolts / 1000:.2f}"


def _clock(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"


class View:
    """The terminal while it is entered. `take` each sample; it is drawn four times a second."""

    def __init__(self, info: dict[str, Any], name: str):
        from rich.console import Console
        from rich.live import Live

        self._head = printable(f"{info['board']}  {info['serial']}  on {name}")
        self._last: dict[str, Any] = {}
        self._lost: Sample | None = None
        self._answered_s = time.monotonic()
        self._history: dict[str, deque[float | None]] = {
            key: deque(maxlen=_KEPT) for key in ("ch1_measured_ma", "ch2_measured_ma", "supply_mv")
        }
        self._events: deque[str] = deque(maxlen=_EVENTS)
        self._console = Console(highlight=False)
        self._live = Live(console=self._console, get_renderable=self._render, refresh_per_second=4)

    def __enter__(self) -> "View":
        self._live.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self._live.__exit__(*exc)

    def take(self, sample: Sample, one: dict[str, Any]) -> None:
        """Show a sample from now on."""
        answered = sample.event == STATUS
        for key, values in self._history.items():
            if sample.gap_s is not None:
                values.append(None)
            if answered:
                values.append(one[key])
        news = not answered or sample.gap_s is not None or sample.restarted
        if news or one["state"] != self._last.get("state"):
            self._events.append(line(sample, one))
        self._lost = None if answered else sample
        if answered:
            self._last, self._answered_s = one, time.monotonic()

    def _render(self) -> "Group":
        from rich.console import Group
        from rich.text import Text

        rows = [Text(self._head, style="bold", no_wrap=True, overflow="ellipsis"), self._state()]
        one = self._last
        if one:
            rows += [Text(""), *self._facts(one), Text(""), *self._plots()]
        rows += [
            Text(""),
            *(Text(event, no_wrap=True, overflow="ellipsis") for event in self._events),
        ]
        return Group(*rows, Text("read-only; Ctrl-C ends", style="dim"))

    def _state(self) -> Any:
        from rich.text import Text

        if self._lost:
            since_s = time.monotonic() - self._answered_s
            return Text(
                f"{self._lost.event.upper()} for {since_s:.0f} s: {printable(self._lost.why)}",
                style="bold magenta",
            )
        if not self._last:
            return Text("waiting for the first answer")
        one = self._last
        state = printable(one["state"] or "?")
        text = Text(state, style=f"bold {_COLOURS.get(state, 'default')}")
        text.append(f"   {printable(one['program'] or 'no program')}", style="default")
        if one["left_s"]:
            text.append(f"   {_clock(one['left_s'])} left", style="default")
        if one["fault"]:
            text.append(
                f"\n{printable(one['fault'])}: {printable(one['advice'] or '')}", style="red"
            )
        return text

    def _facts(self, one: dict[str, Any]) -> list[Any]:
        from rich.text import Text

        plug = {True: "plugged in", False: "not plugged in"}.get(one["usb_power"], "-")
        pairs = [
            *((f"channel {channel}", _currents(one, channel)) for channel in _channels(one)),
            (
                "supply, chip",
                f"{_volts(one['supply_mv'])} V, {_or_dash(one['temperature_c'])} °C, USB {plug}",
            ),
            ("prescription", printable(_or_dash(one["prescription"]))),
            (
                "journal",
                f"record {_or_dash(one['journal_sequence'])}, {_or_dash(one['journal_lost'])} lost",
            ),
            ("up", f"{(one['uptime_ms'] or 0) / 1000:.1f} s, {_or_dash(one['device_time_utc'])}"),
        ]
        return [
            Text(f"{name:<14}{value}", no_wrap=True, overflow="ellipsis") for name, value in pairs
        ]

    def _plots(self) -> list[Any]:
        """Measured current of each channel that had pulses, and the supply."""
        from rich.text import Text

        width = max(10, self._console.width - _LABEL - 1)
        out = []
        for key, name, unit, scale in (
            ("ch1_measured_ma", "channel 1", "mA", 1),
            ("ch2_measured_ma", "channel 2", "mA", 1),
            ("supply_mv", "supply", "V", 1000),
        ):
            values = [None if value is None else value / scale for value in self._history[key]]
            known = [value for value in values[-width:] if value is not None]
            if not known:
                continue
            low, high = (
                (0.0, max(known) or 1.0) if unit == "mA" else (min(known) - 0.1, max(known) + 0.1)
            )
            labels = [
                f"{name} {known[-1]:.2f} {unit}",
                f"up to {max(known):.2f}",
                f"from {min(known):.2f}",
            ]
            for label, bar in zip(labels, bars(values, width, _PLOT_LINES, low, high), strict=True):
                out.append(Text(f"{label:<{_LABEL}}{bar}", no_wrap=True, overflow="crop"))
        return out
