"""How a twin at hand looks on a terminal: its screen dot for dot, lights, buttons, load, and the
pulses of both channels.
"""

from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from stimcore.states import STATES

from evenpulse.base.printable import counted
from evenpulse.base.plots import bars
from evenpulse.live.desk import Desk
from evenpulse.live.trace import Trace
from evenpulse.twin.oled import HEIGHT, WIDTH

_AMBER = "color(214)"
_LED_COLOURS = {"READY": "green", "OUTPUT": "yellow", "FAULT": "red"}
_STATE_COLOURS = {"READY": "green", "ARMED": "yellow", "RUNNING": "yellow", "FAULT": "red"}
_BRAILLE = 0x2800
# The dot of a braille letter: (x, y): bit (Unicode chapter 21.1).
_DOTS = {
    (0, 0): 1,
    (0, 1): 2,
    (0, 2): 4,
    (1, 0): 8,
    (1, 1): 16,
    (1, 2): 32,
    (0, 3): 64,
    (1, 3): 128,
}
# A board without a screen
_DARK = bytes(WIDTH * HEIGHT)
_HALF_BLOCKS = " ▀▄█"
# Columns and lines from which a dot is half a character
_BIG = (WIDTH + 2, HEIGHT // 2 + 14)
_SHAPE_WIDTH = 36
_PULSES_WIDTH = 44
# A terminal of so many lines has a frame
_FRAMED_FROM = 28
_HELP = (
    "s ↑ ↓ Enter x: press START UP DOWN SELECT STOP (0.1 s)", "S U D Space X: hold it (1.2 s)",
    "o STOP cable", "u USB", "1 2 lead off/on",
    "[ ] { } load 1, 2", "b battery", "p off and on", "q quit",
)  # fmt: skip


def braille(pixels: bytes) -> list[str]:
    """The screen in letters of 2 × 4 dots."""
    return [
        "".join(
            chr(
                _BRAILLE
                | sum(bit for (x, y), bit in _DOTS.items() if pixels[(top + y) * WIDTH + left + x])
            )
            for left in range(0, WIDTH, 2)
        )
        for top in range(0, HEIGHT, 4)
    ]


def half_blocks(pixels: bytes) -> list[str]:
    """The screen in letters of 1 × 2 dots."""
    return [
        "".join(
            _HALF_BLOCKS[pixels[top * WIDTH + x] + 2 * pixels[(top + 1) * WIDTH + x]]
            for x in range(WIDTH)
        )
        for top in range(0, HEIGHT, 2)
    ]


class View:
    """The whole terminal while entered; `draw(desk)`."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._live = Live(console=self._console, screen=True, auto_refresh=False)

    def __enter__(self) -> "View":
        self._live.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self._live.__exit__(*exc)

    def draw(self, desk: Desk) -> None:
        """Draw it as it is now."""
        width, height = self._console.size
        big = width >= _BIG[0] and height >= _BIG[1]
        oled = desk.twin.world.screen
        pixels = oled.pixels() if oled else _DARK
        picture = half_blocks(pixels) if big else braille(pixels)
        screen: Any = Text("\n".join(picture), style=_AMBER, no_wrap=True)
        if height >= _FRAMED_FROM:
            screen = Panel(screen, padding=0, width=len(picture[0]) + 2, border_style="dim")
        beside = width >= len(picture[0]) + 4 + _PULSES_WIDTH
        pulses = self._pulses(desk, shapes=beside or big)
        body: Any = Group(screen, *pulses)
        if beside:
            body = Table.grid(padding=(0, 2))
            body.add_row(screen, Group(*pulses))
        self._live.update(
            Group(self._head(desk), body, self._board(desk), self._help(width)), refresh=True
        )

    def _head(self, desk: Desk) -> Text:
        state = (
            STATES[desk.twin.state] if desk.twin.state < len(STATES) else f"state {desk.twin.state}"
        )
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(f"{state:<8}", style=f"bold {_STATE_COLOURS.get(state, 'default')}")
        text.append(f"{desk.said:<22} ", style="bold")
        if desk.line:
            host, port = desk.line.address
            connected = " connected" if desk.line.connected else ""
            text.append(f"socket://{host}:{port}{connected}   ", style="dim")
        return text.append(
            f"simulated {desk.simulated_s:.1f} s, wall {desk.wall_s:.1f} s, {desk.speed:.2f}×"
        )

    def _board(self, desk: Desk) -> Group:
        """Lights, buzzer, buttons; then what is plugged in."""
        lights = Text(no_wrap=True, overflow="ellipsis")
        for name, lit in desk.lit().items():
            lights.append(
                "● " if lit else "○ ", style=_LED_COLOURS.get(name, "default") if lit else "dim"
            )
            lights.append(f"{name.lower()}  ", style="default" if lit else "dim")
        lights.append("♪ beep  " if desk.beeping else "        ", style="bold")
        for name, down in desk.down().items():
            lights.append(f"[{name}]", style="reverse bold" if down else "dim")
        plugs = [
            f"USB {'plugged in' if desk.usb else 'unplugged'}",
            f"STOP cable {'OUT' if desk.stop_open else 'in'}",
            f"battery {desk.twin.supply_mv} mV",
        ]
        plugs += [
            f"lead {number} {'OFF' if electrode.open else f'{electrode.series_ohm:.0f} Ω'}"
            for number, electrode in enumerate(desk.twin.electrodes, 1)
        ]
        return Group(lights, Text("   ".join(plugs), no_wrap=True, overflow="ellipsis"))

    def _pulses(self, desk: Desk, shapes: bool) -> list[Text]:
        rows = []
        for number, trace in enumerate(desk.traces, 1):
            style = "bold" if trace.rate_pps else "dim"
            rows.append(
                Text(
                    f"channel {number}  {_numbers(trace)}",
                    style=style,
                    no_wrap=True,
                    overflow="ellipsis",
                )
            )
            if shapes:
                rows += [
                    Text(line, style="cyan", no_wrap=True, overflow="crop")
                    for line in _shape(trace)
                ]
                rows += [
                    Text(line, style="green", no_wrap=True, overflow="crop")
                    for line in _history(trace)
                ]
        return rows

    def _help(self, width: int) -> Text:
        lines = [""]
        for entry in _HELP:
            if lines[-1] and len(lines[-1]) + len(entry) + 3 > width:
                lines.append("")
            lines[-1] += ("   " if lines[-1] else "") + entry
        return Text("\n".join(lines), style="dim", no_wrap=True)


def _numbers(trace: Trace) -> str:
    pulse = trace.pulse
    if not pulse:
        return "no pulse yet"
    rate = f"{trace.rate_pps:.1f} pps" if trace.rate_pps else "stopped"
    return f"{pulse.a_ma:.1f} mA  {rate}  {counted(trace.count, 'pulse')}"


def _shape(trace: Trace) -> list[str]:
    """The newest pulse: phase A upwards, phase B downwards, to the scale of its time."""
    pulse = trace.pulse
    if not pulse:
        return ["", "─" * _SHAPE_WIDTH, ""]
    per_us = (_SHAPE_WIDTH - 4) / (pulse.a_us + pulse.gap_us + pulse.b_us)
    a, gap, b = (max(1, round(us * per_us)) for us in (pulse.a_us, pulse.gap_us, pulse.b_us))
    before, after = "──", "─" * max(0, _SHAPE_WIDTH - 2 - a - gap - b)
    up, low = "█" if pulse.a_ma else " ", "█" if pulse.b_ma else " "
    charge = f"{pulse.a_nc / 1000:.2f} µC"
    times = f"{pulse.a_us:.0f}·{pulse.gap_us:.0f}·{pulse.b_us:.0f} µs"
    return [
        f"  {up * a}{' ' * (gap + b - len(times) + 2)}{times}",
        f"{before}{'─' * (a + gap + b)}{after}",
        f"  {charge:<{a + gap}}{low * b}",
    ]


def _history(trace: Trace) -> list[str]:
    """Highest current of each 100 ms, as it came."""
    known = [value for value in list(trace.peaks) if value is not None]
    high = max([1.0, *known[-_SHAPE_WIDTH:]])
    return [
        f"{line} {label}"
        for line, label in zip(
            bars(list(trace.peaks), _SHAPE_WIDTH, 2, 0.0, high),
            (f"{high:.0f} mA", "0"),
            strict=True,
        )
    ]
