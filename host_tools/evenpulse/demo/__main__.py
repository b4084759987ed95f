"""`make demo`: sign a prescription, offer it over the link, hold SELECT, unplug USB, hold START,
UP to 10 mA, let the session end, plug USB, read the log.
"""

import hashlib
import sys
import time
from pathlib import Path

from evenpulse.base.printable import counted
from evenpulse.base import ending
from evenpulse.base.days import UTC, Period
from evenpulse.base.printable import plain, printable
from evenpulse.base.printing import print_table
from evenpulse.connect import bring_up
from evenpulse.journal import fetch as journal
from evenpulse.journal import table as journal_table
from evenpulse.journal.audit import audit_stream
from evenpulse.journal.source import Source
from evenpulse.prescription import file as prescription
from evenpulse.prescription import signed
from evenpulse.report.page import render
from evenpulse.report.summary import gather
from evenpulse.scenario import run_files
from evenpulse.twin import clinic
from evenpulse.twin.states import ENDED, RUNNING
from evenpulse.twin.waveform import (
    CLOCKS_PER_US,
    prescribed,
    pulses,
    rows,
    set_points,
    worst_clocks,
)

_RX = Path(__file__).with_name("prescription.toml")
_OUT = Path("build/demo")
# Noon of the day of issue: the demo is the same on every day
_NOW_S = 1_795_348_800
_UPS = 10


class Demo:
    """One session on the twin, with what scenario.run_files writes: twin, info, programs,
    screens, ready_clock, wall_s.
    """

    def __init__(self) -> None:
        self.twin = bring_up.new("nmes2")
        self.firmware_sha256 = hashlib.sha256(self.twin.firmware.read_bytes()).hexdigest()
        self.screens: list[bytes] = []
        # Nothing goes wrong in the demo: a trip would have no cause to name.
        self.events: list[tuple[int, str]] = []
        self.started = time.monotonic()

    def run(self) -> None:
        """The whole story, in the order of a real first use."""
        twin = bring_up.switch_on(self.twin, usb=True)
        self.ready_clock = twin.now
        device = bring_up.device(twin)
        self.info = device.call("info")
        _say(
            f"booted: {self.info['product']} {self.info['version']} on {self.info['board']}, "
            f"MicroPython {self.info['micropython']}"
        )
        rx = prescription.read(_RX, "nmes2")
        # Always the same key, so that the demo is the same on every run
        rx_signed = signed.sign(rx, clinic.key())
        _say(f"signed with key {rx_signed.key}, which the device trusts")
        self.programs = device.configure(rx_signed, _NOW_S, self._accept)["programs"]
        _say(f"accepted with SELECT: {', '.join(self.programs)}")
        twin.plug(False)
        self._screen(1_200)
        self._session()
        twin.plug(True)
        twin.run_ms(500)
        self.records = list(journal.linked(journal.fetch(device, lambda _count, _total: None)))
        audit_stream(b"".join(record.frame for record in self.records)).require_whole("the demo")
        self.wall_s = time.monotonic() - self.started

    def _accept(self) -> None:
        """The person reads the screen and holds SELECT."""
        self._screen(400)
        self.twin.press("SELECT", 1_200)

    def _session(self) -> None:
        twin = self.twin
        twin.press("START", 1_200)
        self._screen(600)
        bring_up.reach(twin, RUNNING, 2_000)
        _say("USB unplugged, START held: RUNNING at 0 mA")
        for _ in range(_UPS):
            twin.press("UP", 80)
            twin.run_ms(260)
        self._screen(1_000)
        _say(f"UP pressed {_UPS} times; the session runs to its end")
        # By then the buttons are locked
        self._screen(3_500)
        bring_up.reach(twin, ENDED, 15_000)
        self._answer("UP", "UP", "UP", "UP")
        self._answer("START")
        self._answer("UP", "START")

    def _answer(self, *buttons: str) -> None:
        """The questions at the end: the screen, once these are pressed."""
        for button in buttons:
            self.twin.press(button, 80)
            self.twin.run_ms(160)
        self._screen(500)

    def _screen(self, after_ms: float = 0) -> None:
        self.twin.run_ms(after_ms)
        screen = self.twin.world.screen
        # nmes2 has one
        assert screen is not None
        self.screens.append(screen.pixels())


def _say(text: str) -> None:
    print("  " + text, file=sys.stderr, flush=True)


def _leave_report(folder: Path, demo: Demo) -> None:
    """What the clinician gets of it: the report, and the journal as a table."""
    audit = audit_stream(b"".join(record.frame for record in demo.records))
    source = Source("the demo", demo.info["serial"], demo.records, audit, None)
    summary = gather([source], [prescription.read(_RX, "nmes2")], None, Period(UTC))
    (folder / "report.html").write_text(render(summary), encoding="utf-8")
    rows = [journal_table.row(entry) for entry in source.entries]
    (folder / "journal.csv").write_text(journal_table.as_csv(rows), encoding="utf-8")


def _told(payload: dict) -> str:
    """A record in a line: its event, then its fields."""
    return printable(
        f"{payload['e']}, {plain({name: value for name, value in payload.items() if name != 'e'})}"
    )


def main() -> int:
    """Run, write build/demo, print prescribed against measured. 0 when every edge is where it
    was prescribed.
    """
    # Late: matplotlib takes a while, and tests play the demo without it.
    from evenpulse.demo.pictures import draw, draw_screens

    demo = Demo()
    demo.run()
    twin, wanted = demo.twin, prescribed(_RX)
    pins = twin.board["PINS"]
    channels = [pulses(twin.edges, pins[f"CH{n}_A"][0], pins[f"CH{n}_B"][0]) for n in (1, 2)]
    with run_files.folder(_OUT) as folder:
        summary = run_files.write_all(folder, demo)
        draw_screens(folder / "screens.png", demo.screens)
        draw(
            folder / "measured.png",
            wanted,
            channels,
            set_points(twin.board, twin.world.duties),
            twin.now,
        )
        _leave_report(folder, demo)
    table = rows(wanted, channels)
    print_table(
        ["", "prescribed µs", "clocks", "measured clocks (least … most)", "error"],
        [
            [
                what,
                us,
                us * CLOCKS_PER_US,
                f"{low} … {high}",
                max(abs(low - us * CLOCKS_PER_US), abs(high - us * CLOCKS_PER_US)),
            ]
            for what, us, low, high in table
        ],
    )
    for number in (1, 2):
        channel = summary[str(number)]
        print(
            f"channel {number}: {counted(channel['pulses'], 'pulse')}, "
            f"peak {channel['peak_ma']:.2f} mA, {channel['delivered_uc']:.1f} µC in both phases, "
            f"imbalance {counted(channel['imbalance_clocks'], 'clock')}"
        )
    print(
        f"journal: {counted(len(demo.records), 'record')}, chain whole; last: "
        f"{_told(demo.records[-1].payload)}"
    )
    print(f"simulated {summary['simulated_s']:.1f} s in {demo.wall_s:.1f} s; files in {_OUT}/")
    return 0 if worst_clocks(table) == 0 else 1


if __name__ == "__main__":
    ending.run("demo", main)
