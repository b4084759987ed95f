"""`evenpulse twin live` under a pseudo-terminal: a session by keys, seen on the emulated screen;
and a terminal left as it was.

The commands are those of docs/tutorial.md and of docs/how-to/follow-patients.md.
"""

import json
import re
import signal
import subprocess
import sys
import time

import page_blocks
import pytest

from evenpulse.base import boards
from evenpulse.connect import bring_up
from evenpulse.live.desk import LOADS_OHM, Desk
from evenpulse.live.trace import Trace
from evenpulse.live.view import braille, half_blocks
from evenpulse.prescription.file import read
from evenpulse.twin import clinic
from evenpulse.twin.load import Flow
from evenpulse.twin.state_folder import StateFolder
from evenpulse.twin.twin import Twin

WIDTH, HEIGHT = 128, 64
SETTLE_S = 1.0


def dots(picture):
    """The emulated screen out of a picture, dot for dot: braille patterns as Unicode's chapter
    on them draws their dots.
    """
    lines = re.findall(r"[\u2800-\u28ff]{64}", picture)
    lit = [[False] * WIDTH for _ in range(HEIGHT)]
    for row, line in enumerate(lines[:16]):
        for column, letter in enumerate(line):
            for number, (x, y) in enumerate(
                [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]
            ):
                lit[4 * row + y][2 * column + x] = bool(ord(letter) - 0x2800 >> number & 1)
    return lit


def big_digit(lit, channel):
    """The dots of the letters of 32 dots' height that tell a channel's current: the digit of the
    ones, 16 × 32.
    """
    left = 16 + 64 * (channel - 1)
    return tuple(tuple(lit[y][x] for x in range(left, left + 16)) for y in range(16, 48))


def digit_at(person, ma, earlier):
    """The digit that the screen shows, for both channels alike and another than before, while so
    many mA flow.
    """

    def settled(picture):
        lit = dots(picture)
        digit = big_digit(lit, 1)
        return (
            f"channel 1  {ma}.0 mA  " in picture
            and " pps" in picture
            and digit == big_digit(lit, 2)
            and digit not in earlier
        )

    person.until(settled)
    person.look(SETTLE_S)
    return big_digit(dots(person.until(settled)), 1)


def test_a_session_by_keys(person, prescription):
    """START held, UP twice, STOP, quit: the mA on the emulated screen is what flows in the load."""
    one = person("-m", "evenpulse", "twin", "live", prescription)
    one.until(lambda picture: "READY" in picture and "● ready" in picture)
    one.type("S")
    one.until(lambda picture: "RUNNING" in picture and "● output" in picture)
    digits = [digit_at(one, 0, [])]
    for ma in (1, 2):
        one.type("\x1b[A")
        digits.append(digit_at(one, ma, digits))
    assert all(any(map(any, digit)) for digit in digits), (
        "three currents, three digits on the screen"
    )
    one.type("x")
    stopped = one.until(lambda picture: "FAULT" in picture and "● fault" in picture)
    assert "○ output" in stopped and "STOP pressed" in stopped
    one.type("q")
    assert one.ends() == 0
    assert one.attributes() == one.before and {"\x1b[?25h", "\x1b[?1049l"} <= set(
        re.findall(r"\x1b\[\?\d+[hl]", one.text)[-2:]
    )


TRIED = next(
    block.commands
    for block in page_blocks.blocks(page_blocks.ROOT / "docs/how-to/follow-patients.md")
    if block.elsewhere
)


def test_a_session_tried_by_a_clinician_is_in_the_report(person, prescription, monkeypatch):
    """As docs/how-to/follow-patients.md tells it, from the device that holds a prescription."""
    folder = prescription.parent
    monkeypatch.chdir(folder)
    rx = read(prescription, "nmes2") | {"patient": "P-001"}
    twin = bring_up.prescribed(Twin("nmes2", clinic.flash(boards.load("nmes2"))), rx)
    kept = StateFolder(folder / "device-a")
    kept.keep(twin.flash)
    kept.close()
    live, *rest = TRIED
    one = person("-m", *live[0].split())
    one.until(lambda picture: "READY" in picture and "● ready" in picture)
    one.type("S")
    one.until(lambda picture: "RUNNING" in picture and "● output" in picture)
    one.type("\x1b[A")
    one.until(lambda picture: "channel 1  1.0 mA  " in picture)
    for _ in range(2):
        one.type(" ")
        one.look(2)
    one.until(lambda picture: "ENDED" in picture)
    for key in ("\x1b[A", "s", "s"):
        one.type(key)
        one.look(SETTLE_S)
    one.until(lambda picture: "READY" in picture)
    one.type("q")
    assert one.ends() == 0
    for command, shown in rest:
        words = [sys.executable, "-m", *command.split()]
        told = subprocess.run(words, capture_output=True, text=True, check=False)
        assert told.returncode == 0 and all(line in told.stderr for line in shown), told.stderr
    assert "ended early" in (folder / "tried.html").read_text()


def test_without_a_terminal_one_error():
    done = subprocess.run(
        [sys.executable, "-m", "evenpulse", "twin", "live"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2 and done.stdout == ""
    assert (
        "needs a terminal" in done.stderr
        and "twin serve" in done.stderr
        and "Traceback" not in done.stderr
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_the_terminal_as_it_was(person, number):
    one = person("-m", "evenpulse", "twin", "live")
    one.until(lambda picture: "READY" in picture)
    assert one.attributes() != one.before, "keys come without Enter while it runs"
    if number == signal.SIGINT:
        one.type("\x03")
    else:
        one.process.send_signal(number)
    assert one.ends() == 130
    assert (
        one.attributes() == one.before and "\x1b[?1049l" in one.text and "Traceback" not in one.text
    )


def test_a_defect_leaves_the_terminal_as_it_was(person):
    script = (
        "from evenpulse.live import desk\n"
        "desk.Desk.key = lambda self, name: 1 / 0\n"
        "import sys; sys.argv = ['evenpulse', 'twin', 'live']\n"
        "from evenpulse.cli import main; main()\n"
    )
    one = person("-c", script)
    one.until(lambda picture: "READY" in picture)
    one.type("s")
    assert one.ends() == 1
    assert one.attributes() == one.before
    assert "unexpected ZeroDivisionError" in one.text.split("\x1b[?1049l")[1]


def test_its_usb_line_is_a_port_of_its_own(person):
    one = person("-m", "evenpulse", "twin", "live", "--tcp", "0")
    picture = one.until(
        lambda picture: "READY" in picture and re.search(r"socket://\S+:\d+\s", picture)
    )
    port = re.search(r"socket://\S+:\d+", picture).group()
    ask = subprocess.Popen(
        [sys.executable, "-m", "evenpulse", "info", "--json", "--port", port],
        stdout=subprocess.PIPE,
        text=True,
    )
    while ask.poll() is None:
        one.look()
    assert json.loads(ask.stdout.read())["state"] == "READY"


@pytest.fixture
def desk(firmware):
    made = Desk(boards.load("nmes2"))
    yield made
    made.close()


def later(desk, seconds):
    desk.advance(time.monotonic() + seconds)


def level(desk, role):
    return desk.twin.chip.pads.levels[desk.twin.board["PINS"][role][0]]


def test_hands_cables_and_load(desk):
    desk.key("]")
    assert desk.twin.electrodes[0].series_ohm == 1_000 and desk.said == "load 1 1000 ohm"
    for _ in range(20):
        desk.key("{")
    assert desk.twin.electrodes[1].series_ohm == LOADS_OHM[0] == 0
    desk.key("2")
    assert desk.twin.electrodes[1].open and not desk.twin.electrodes[0].open
    desk.key("o")
    assert level(desk, "INTERLOCK_N") == 0
    desk.key("p")
    assert level(desk, "INTERLOCK_N") == 0 and desk.twin.electrodes[1].open, (
        "what is plugged stays so when the power is cycled"
    )
    desk.key("o")
    assert level(desk, "INTERLOCK_N") == 1
    desk.key("u")
    assert level(desk, "VBUS_SENSE") == 1
    desk.key("b")
    assert desk.twin.world.supply_mv == 4_000
    desk.key("?")
    assert "means nothing" in desk.said and not desk.quit
    desk.key("q")
    assert desk.quit


def test_quick_presses_are_each_a_press_and_a_repeating_key_ends(desk):
    """Edges of the button's pin: each press 100 ms down."""
    edges = []
    pin = desk.twin.board["PINS"]["BTN_UP"][0]
    desk.twin.chip.pads.on_edge.append(
        lambda clock, gpio, level: gpio == pin and edges.append((clock, level))
    )
    for _ in range(10):
        desk.key("up")
    while desk.twin.now < 1_500 * 125_000:
        later(desk, 0.2)
    assert [level for _, level in edges] == [0, 1] * 4, "one at once, three that waited"
    assert all(
        99 <= (up - down) / 125_000 <= 102
        for (down, _), (up, _) in zip(edges[::2], edges[1::2], strict=True)
    )


def test_pulses_are_read_from_the_load():
    """Times and currents of known flows, in clocks of 8 ns."""
    trace = Trace()
    flows = [Flow(1_000, 13_500, 1, 1_000.0, 10_000.0), Flow(19_750, 32_250, -1, 1_000.0, 9_000.0)]
    trace.take(flows, 50_000)
    trace.take(
        [Flow(1_251_000, 1_263_500, 1, 0, 5_000.0), Flow(1_269_750, 1_282_250, -1, 0, 5_000.0)],
        1_300_000,
    )
    pulse = trace.pulse
    assert flows == [] and trace.count == 2 and trace.rate_pps == 100
    assert (pulse.a_us, pulse.gap_us, pulse.b_us, pulse.a_ma) == (100, 50, 100, 5)
    trace.take([], 1_300_000 + 3_000 * 125_000)
    assert trace.rate_pps is None, "it has stopped"


def test_both_pictures_show_every_dot():
    pixels = bytes((x * 7 + y * 3) % 5 == 0 for y in range(HEIGHT) for x in range(WIDTH))
    lit = dots("\n".join(braille(pixels)))
    assert [bool(pixel) for pixel in pixels] == [dot for row in lit for dot in row]
    rows = half_blocks(pixels)
    assert len(rows) == 32 and all(len(row) == WIDTH for row in rows)
    assert all(
        (rows[y // 2][x] in ("█", "▀" if y % 2 == 0 else "▄")) == bool(pixels[y * WIDTH + x])
        for y in range(HEIGHT)
        for x in range(WIDTH)
    )
