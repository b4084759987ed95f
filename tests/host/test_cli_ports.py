"""Which port: nothing is ever chosen because it came first."""

import errno
import fcntl
import json
import os
import pty
from types import SimpleNamespace

import pytest
import serial
from fake_device import INFO, STATUS, line_of
from serial.tools import list_ports


def port(device, serial_number=None, vid=None, pid=None, product=None):
    return SimpleNamespace(
        device=device,
        serial_number=serial_number,
        vid=vid,
        pid=pid,
        product=product,
        description="n/a",
    )


BOARD_A = port("/dev/ttyACM0", "E661AAAA", 0x2E8A, 0x0005, "Board in FS mode")
BOARD_B = port("/dev/ttyACM1", "E661BBBB", 0x2E8A, 0x0005, "Board in FS mode")
OTHER = port("/dev/ttyUSB0", "FT123", 0x0403, 0x6001, "USB UART")
BARE = port("/dev/ttyS0")


@pytest.fixture
def connected(monkeypatch):
    return lambda *ports: monkeypatch.setattr(list_ports, "comports", lambda: list(ports))


def test_ports_without_any(run, connected):
    connected()
    outcome = run("ports", "--json")
    assert (outcome.code, json.loads(outcome.out)) == (3, [])
    assert "No board is connected" in outcome.err
    assert "twin:" in outcome.err


def test_ports_lists_boards_and_with_all_the_others(run, connected):
    connected(OTHER, BOARD_B, BARE, BOARD_A)
    some, every = run("ports", "--json"), run("ports", "--json", "--all")
    assert (some.code, every.code) == (0, 0)
    assert [row["id"] for row in json.loads(some.out)] == ["E661AAAA", "E661BBBB"]
    assert [row["port"] for row in json.loads(every.out)] == [
        "/dev/ttyACM0",
        "/dev/ttyACM1",
        "/dev/ttyS0",
        "/dev/ttyUSB0",
    ]
    assert "E661AAAA" in run("ports").out


CHOICES = [
    # Situation, connected, --port, exit code, must mention
    ("none", [], None, 3, ["no board is connected", "no serial port at all", "--port"]),
    (
        "only others",
        [OTHER, BARE],
        None,
        3,
        ["no board is connected", "/dev/ttyUSB0", "/dev/ttyS0"],
    ),
    (
        "several",
        [BOARD_A, BOARD_B],
        None,
        4,
        ["2 boards", "id:E661AAAA", "/dev/ttyACM1", "--port id:SERIAL", "EVENPULSE_PORT"],
    ),
    ("an id that is not there", [BOARD_A], "id:E661CCCC", 3, ["E661CCCC", "id:E661AAAA"]),
    ("an empty id", [BOARD_A], "id:", 3, ["no serial number", "id:E661AAAA"]),
    ("an id twice", [BOARD_A, BOARD_A], "id:E661AAAA", 4, ["2 ports", "--port PATH"]),
    (
        "a path that is not there",
        [],
        "/dev/no-such-port",
        3,
        ["cannot open /dev/no-such-port", "evenpulse ports"],
    ),
    ("a path that is no serial port", [], "/dev/null", 3, ["cannot open /dev/null"]),
    ("no TCP port", [], "socket://127.0.0.1", 2, ["socket://HOST:PORT"]),
    ("a TCP port out of range", [], "socket://127.0.0.1:70000", 2, ["socket://HOST:PORT"]),
    ("a word for a TCP port", [], "socket://127.0.0.1:usb", 2, ["socket://HOST:PORT"]),
    ("nobody listens", [], "socket://127.0.0.1:1", 3, ["nothing listens", "refused", "twin serve"]),
    ("a twin's folder that is a file", [], "twin:/dev/null", 1, ["/dev/null", "name a folder"]),
]


@pytest.mark.parametrize(
    ("ports", "choice", "code", "mentions"),
    [row[1:] for row in CHOICES],
    ids=[row[0] for row in CHOICES],
)
def test_a_choice_that_cannot_be_made(run, connected, ports, choice, code, mentions):
    connected(*ports)
    outcome = run("info", *(["--port", choice] if choice else []))
    assert outcome.code == code
    for text in mentions:
        assert text in outcome.err
    assert outcome.out == ""
    assert outcome.err.count("error:") == 1


class FakeSerial:
    """Stands where serial.Serial does: notes which path is opened and answers like a device."""

    opened: list[str] = []

    def __init__(self, path, *_a, **_k):
        self.opened.append(path)
        self._left = b""
        self.in_waiting = 0
        self.timeout = 0

    def write(self, data):
        request = json.loads(data.rsplit(b" ", 1)[0])
        self._left += line_of({"jsonrpc": "2.0", "id": request["id"], "result": {**INFO, **STATUS}})

    def read(self, size):
        data, self._left = self._left[:size], self._left[size:]
        self.in_waiting = len(self._left)
        return data

    def close(self):
        pass


@pytest.mark.parametrize(
    ("choice", "path"),
    [
        (None, "/dev/ttyACM0"),
        ("id:E661AAAA", "/dev/ttyACM0"),
        ("id:e661aaaa", "/dev/ttyACM0"),
        ("id:FT123", "/dev/ttyUSB0"),
        ("COM7", "COM7"),
    ],
)
def test_the_one_that_fits_is_opened(run, connected, monkeypatch, choice, path):
    connected(OTHER, BOARD_A, BARE)
    monkeypatch.setattr(serial, "Serial", FakeSerial)
    monkeypatch.setattr(FakeSerial, "opened", [])
    assert run("info", *(["--port", choice] if choice else [])).code == 0
    assert FakeSerial.opened == [path]


@pytest.mark.parametrize(
    ("number", "mentions"),
    [
        (errno.EACCES, ["no permission for /dev/ttyACM0", "dialout"]),
        (errno.EBUSY, ["used by another program", "close the other program"]),
        (errno.EAGAIN, ["used by another program"]),
    ],
)
def test_a_port_that_is_not_ours_to_open(run, connected, monkeypatch, number, mentions):
    def refuse(path, *_a, **_k):
        raise serial.SerialException(number, f"could not open port {path}: {os.strerror(number)}")

    connected(BOARD_A)
    monkeypatch.setattr(serial, "Serial", refuse)
    outcome = run("info")
    assert outcome.code == 5
    for text in [*mentions, os.strerror(number)]:
        assert text in outcome.err


@pytest.fixture
def terminal():
    """A pseudo-terminal: what a program holds of it, and its path."""
    ours, theirs = pty.openpty()
    yield ours, theirs, os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


def test_a_port_that_another_program_has_locked(run, terminal):
    _, theirs, path = terminal
    fcntl.flock(theirs, fcntl.LOCK_EX)
    outcome = run("info", "--port", path)
    assert outcome.code == 5
    assert f"{path} is used by another program" in outcome.err


def test_a_silent_serial_port(run, terminal):
    outcome = run("info", "--port", terminal[2])
    assert outcome.code == 3
    assert f"nothing answers on {terminal[2]}" in outcome.err


def test_a_board_that_is_unplugged(run, monkeypatch, connected):
    class Unplugged(FakeSerial):
        def read(self, size):
            raise serial.SerialException("device reports readiness to read but returned no data")

    connected(BOARD_A)
    monkeypatch.setattr(serial, "Serial", Unplugged)
    outcome = run("info")
    assert outcome.code == 1
    assert "the connection to /dev/ttyACM0 broke" in outcome.err
