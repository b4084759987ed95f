"""Each way in which flashing can go wrong: one clear error with what to do, the right exit code,
nothing half-done.
"""

import errno
import os
import shutil
import socket
import threading
import time

import pytest
import sample_uf2
from fake_device import INFO, STATUS
from fake_prompt import FakePrompt

from evenpulse.flashing import drive as bootsel, steps as flash
from evenpulse.link import serial_ports
from toolchain import ToolchainError

FAILED, USAGE, NO_BOARD, SEVERAL, BUSY, FAULT, INTERRUPTED = 1, 2, 3, 4, 5, 6, 130
OLD = {**INFO, "version": "0.1.0", "firmware": "00" * 32}
NEW = {**INFO, "version": "0.1.9", "firmware": sample_uf2.digest()}
INFO_UF2 = "UF2 Bootloader v3.0\nModel: Raspberry Pi RP2\nBoard-ID: {}\n"


def error(code, message):
    return {"error": {"code": code, "message": message}}


class World:
    """One computer: what a test plugs into it. `arguments` for the command are made from it."""

    def __init__(self, tmp_path, fake, monkeypatch):
        self.folder, self._fake, self.patch = tmp_path, fake, monkeypatch
        self.drive = tmp_path / "drive"
        self.uf2 = sample_uf2.write(tmp_path / "new.uf2", sample_uf2.good())
        self.serial: list[serial_ports.SerialPort] = []
        self.drives: list[bootsel.Drive] = []
        monkeypatch.setattr(serial_ports, "serial_ports", lambda: self.serial)
        monkeypatch.setattr(bootsel, "mounted", lambda: self.drives)
        monkeypatch.setattr(bootsel, "LABEL", tmp_path / "no-such-label")
        for name in ("DRIVE_S", "TAKEN_S", "BACK_S"):
            monkeypatch.setattr(flash, name, 0.3)
        monkeypatch.setattr(flash, "_POLL_S", 0.02)
        monkeypatch.setattr(bootsel, "_POLL_S", 0.02)

    def device(self, **wishes):
        self.fake = self._fake(**{"info": OLD, **wishes})
        return self.fake.port

    def mount(self, board_id="RPI-RP2"):
        """A boot loader's drive at self.drive; gone again when a whole file has come, if `taken`
        is asked for.
        """
        self.drive.mkdir()
        (self.drive / bootsel.INFO_FILE).write_text(INFO_UF2.format(board_id))
        return self

    def take(self, then=lambda: None):
        """The boot loader takes the file, and the device restarts."""

        def wait():
            file = self.drive / "evenpulse.uf2"
            for _ in range(1_000):
                if file.exists() and file.stat().st_size == self.uf2.stat().st_size:
                    break
                time.sleep(0.005)
            then()
            shutil.rmtree(self.drive)

        threading.Thread(target=wait, daemon=True).start()
        return self

    def board_at(self, *names):
        self.serial = [
            serial_ports.SerialPort(name, f"ID{k}", "Evenpulse nmes2", True)
            for k, name in enumerate(names)
        ]
        return self

    def serial_that_fails(self, number):
        """Opening any serial port fails so."""
        import serial

        def fail(*_args, **_kwargs):
            raise serial.SerialException(number, os.strerror(number))

        self.patch.setattr(serial, "Serial", fail)


def of_drive(world, *more):
    return ["--drive", world.drive, "--uf2", world.uf2, *more]


def no_board(world):
    return ["--uf2", world.uf2]


def two_boards(world):
    world.board_at("/dev/ttyACM0", "/dev/ttyACM1")
    return ["--uf2", world.uf2]


def board_and_drive(world):
    world.mount().board_at("/dev/ttyACM0")
    world.drives = [bootsel.at(world.drive)]
    return ["--uf2", world.uf2]


def another_boot_loader(world):
    world.mount("RPI-RP2350")
    world.drives = [bootsel.at(world.drive)]
    return ["--uf2", world.uf2]


def busy(world):
    world.serial_that_fails(errno.EBUSY)
    return ["--uf2", world.uf2, "--port", "/dev/ttyACM0"]


def not_permitted(world):
    world.serial_that_fails(errno.EACCES)
    return ["--uf2", world.uf2, "--port", "/dev/ttyACM0"]


def tcp_refused(world):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        number = gone.getsockname()[1]
    return ["--uf2", world.uf2, "--port", f"socket://127.0.0.1:{number}"]


def a_stranger(world):
    return ["--uf2", world.uf2, "--port", world.device(always="noise")]


def silence(world):
    world.patch.setattr("evenpulse.link.repl._ENTER_S", 0.1)
    return ["--uf2", world.uf2, "--port", world.device(always="silent")]


def other_board_here(world):
    return ["--uf2", world.uf2, "--port", world.device(info={**OLD, "board": "zero1"})]


def other_board_asked(world):
    return [
        "--uf2",
        world.uf2,
        "--board",
        "nmes2" if world.uf2.write_bytes(sample_uf2.good("zero1")) else "",
        "--port",
        world.device(),
    ]


def other_chip(world):
    return of_drive(world.mount("RPI-RP2350"))


def drive_not_there(world):
    return of_drive(world)


def drive_never_comes(world):
    return of_drive(world, "--port", world.device())


def drive_not_mounted(world):
    label = world.folder / "label"
    label.touch()
    world.patch.setattr(bootsel, "LABEL", label)
    return of_drive(world, "--port", world.device())


def disk_full(world):
    world.mount()
    (world.drive / "evenpulse.uf2").symlink_to("/dev/full")
    return of_drive(world)


def unplugged(world):
    """After the first piece: the next one fails as on a drive that is gone."""
    plain, calls = os.write, []

    def write(target, data):
        calls.append(len(data))
        if len(calls) > 1:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return plain(target, data[:512])

    world.patch.setattr(os, "write", write)
    return of_drive(world.mount())


def read_only(world):
    plain = os.open

    def open_(path, flags, *mode, **more):
        if str(path).endswith("evenpulse.uf2"):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return plain(path, flags, *mode, **more)

    world.patch.setattr(os, "open", open_)
    return of_drive(world.mount())


def never_taken(world):
    return of_drive(world.mount())


def never_back(world):
    return of_drive(world.mount().take())


def back_with_another(world):
    port = world.device(info=OLD)
    return of_drive(world.mount().take(), "--port", port)


def back_with_a_failed_test(world):
    port = world.device(
        info=NEW,
        self_test={
            "failed": ["board_resistors"],
            "checks": [["board_resistors", 3, 0, 0, "missing", False]],
        },
    )
    return of_drive(world.mount().take(), "--port", port)


def old_firmware(world):
    return of_drive(world, "--port", world.device(update=error(-32601, "no method update")))


def not_at_rest(world):
    return of_drive(
        world,
        "--port",
        world.device(update=error(-32011, "state is RUNNING: update only in READY or ENDED")),
    )


def in_fault(world):
    return of_drive(
        world,
        "--port",
        world.device(info={**OLD, "state": "FAULT"}, status={**STATUS, "fault": "deadman"}),
    )


def said_no(world):
    return of_drive(world, "--port", world.device(person="refused at the device"))


def not_built(world):
    def missing(board, dev=False):
        raise ToolchainError(f"firmware-{board}: not built for this state of the sources")

    world.patch.setattr("toolchain.firmware_dir", missing)
    return ["--board", "nmes2", "--port", world.device()]


def bare_drive_of_what(world):
    return ["--drive", world.mount().drive]


def no_such_board(world):
    return ["--board", "nmes3"]


def no_mpremote(world):
    world.patch.setattr("importlib.util.find_spec", lambda name: None)
    return ["--dev", "--port", world.device()]


def interrupted(world):
    def stop(*_):
        raise KeyboardInterrupt

    world.patch.setattr(bootsel, "wait", stop)
    return of_drive(world, "--port", world.device())


SITUATIONS = [
    # What is wrong, exit code, what the error must mention
    (no_board, NO_BOARD, ["no board is connected", "BOOTSEL"]),
    (two_boards, SEVERAL, ["2 boards", "/dev/ttyACM0", "/dev/ttyACM1", "--all"]),
    (board_and_drive, SEVERAL, ["2 boards", "/dev/ttyACM0", "drive", "--drive"]),
    (another_boot_loader, NO_BOARD, ["no board", "RPI-RP2350"]),
    (busy, BUSY, ["used by another program", "close the other program"]),
    (not_permitted, BUSY, ["no permission for /dev/ttyACM0", "dialout"]),
    (tcp_refused, NO_BOARD, ["nothing listens", "twin serve"]),
    (a_stranger, NO_BOARD, ["not Evenpulse", "modem ready"]),
    (silence, NO_BOARD, ["nothing answers", "right port"]),
    (
        other_board_here,
        FAILED,
        ["the device is board zero1, the firmware is for nmes2", "BOARD=zero1"],
    ),
    (other_board_asked, FAILED, ["firmware for board zero1, not for nmes2"]),
    (other_chip, FAILED, ["not an RP2040's", "RPI-RP2350"]),
    (drive_not_there, NO_BOARD, ["not mounted at", "--drive"]),
    (drive_never_comes, NO_BOARD, ["not mounted at", "went into its boot loader"]),
    (drive_not_mounted, NO_BOARD, ["is there, but not mounted", "udisksctl mount"]),
    (disk_full, FAILED, ["drive is full", "BOOTSEL held"]),
    (unplugged, FAILED, ["went away while", "after 512 bytes", "no whole firmware now"]),
    (read_only, BUSY, ["no permission to write", "Read-only"]),
    (never_taken, FAILED, ["did not take the firmware", "still there"]),
    (never_back, FAILED, ["does not come back", "BOOTSEL"]),
    (
        back_with_another,
        FAILED,
        ["another firmware than the one written", "00000000", sample_uf2.digest()],
    ),
    (back_with_a_failed_test, FAULT, ["self-test fails: board resistors", "right board"]),
    (old_firmware, FAILED, ["older than this command", "hold SELECT while switching it on"]),
    (not_at_rest, FAILED, ["state is RUNNING", "READY or ENDED"]),
    (in_fault, FAULT, ["latched a safety fault", "deadman", "hold SELECT"]),
    (said_no, FAILED, ["not allowed at the device", "refused at the device"]),
    (not_built, FAILED, ["no firmware for board nmes2", "make firmware BOARD=nmes2"]),
    (bare_drive_of_what, USAGE, ["cannot say what it is", "--board"]),
    (no_such_board, USAGE, ["no board 'nmes3'"]),
    (no_mpremote, FAILED, ["mpremote is not installed", "make venv"]),
    (interrupted, INTERRUPTED, []),
]


@pytest.mark.parametrize(
    ("situation", "code", "mentions"), SITUATIONS, ids=[row[0].__name__ for row in SITUATIONS]
)
def test_one_clear_error(run, tmp_path, fake, monkeypatch, situation, code, mentions):
    outcome = run("flash", *situation(World(tmp_path, fake, monkeypatch)))
    assert outcome.code == code, outcome.err
    for text in mentions:
        assert text in outcome.err
    assert outcome.err.count("error:") == (code != INTERRUPTED) and "Traceback" not in outcome.err
    assert outcome.out == "" or code == FAULT
    if situation in (other_board_here, other_board_asked, other_chip, said_no, old_firmware):
        assert not (tmp_path / "drive" / "evenpulse.uf2").exists()


GOOD = sample_uf2.good()
PAGES = (0, sample_uf2.PROGRAM), (sample_uf2.SEAL_AT, sample_uf2.seal())
FILES = {
    "empty": (b"", "0 bytes"),
    "cut within a block": (GOOD[:-100], "not a whole UF2"),
    "cut between two blocks": (GOOD[:-512], "not whole"),
    "no UF2 at all": (b"x" * 1024, "magic numbers"),
    "one bit of the program changed": (
        GOOD[:700] + bytes([GOOD[700] ^ 1]) + GOOD[701:],
        "was changed",
    ),
    "one bit of the seal changed": (
        GOOD[:-440] + bytes([GOOD[-440] ^ 1]) + GOOD[-439:],
        "no sound seal",
    ),
    "an RP2350's": (sample_uf2.uf2(*PAGES, family=0xE48BFF59), "family 0xe48bff59"),
    "for RAM": (sample_uf2.uf2(*PAGES, base=0x20000000), "address 0x20000000"),
    "below flash": (sample_uf2.uf2(*PAGES, base=0x0FFFFF00), "address 0x0fffff00"),
    "beyond flash": (
        sample_uf2.uf2((0, sample_uf2.PROGRAM), (0x200000, b"x")),
        "address 0x10200000",
    ),
    "over what the device keeps": (sample_uf2.uf2(*PAGES, (0x180000, b"x")), "0x10180000"),
    "a page twice": (sample_uf2.uf2((0, sample_uf2.PROGRAM), *PAGES), "does not fit"),
    "without a seal": (sample_uf2.uf2((0, sample_uf2.PROGRAM)), "no sound seal"),
    "of a release before names": (
        sample_uf2.uf2((0, sample_uf2.PROGRAM), (sample_uf2.SEAL_AT, sample_uf2.seal()[:48])),
        "no sound seal",
    ),
}


@pytest.mark.parametrize("what", FILES)
def test_a_bad_file_is_refused_before_any_device_is_spoken_to(run, tmp_path, fake, what):
    data, mention = FILES[what]
    device = fake(info=OLD)
    outcome = run(
        "flash", "--uf2", sample_uf2.write(tmp_path / "bad.uf2", data), "--port", device.port
    )
    assert outcome.code == FAILED and outcome.err.count("error:") == 1
    assert mention in outcome.err and "make firmware" in outcome.err
    assert device.requests == []


def test_a_file_that_is_not_there(run, tmp_path):
    outcome = run("flash", "--uf2", tmp_path / "none.uf2")
    assert outcome.code == FAILED and "cannot be read" in outcome.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--all", "--port", "/dev/ttyACM0"],
        ["--all", "--drive", "x"],
        ["--dev", "--all"],
        ["--dev", "--uf2", "x"],
        ["--dev", "--force"],
        ["--port", "twin:"],
    ],
    ids=" ".join,
)
def test_what_makes_no_sense_together_is_usage(run, arguments):
    outcome = run("flash", *arguments)
    assert outcome.code == USAGE and outcome.err.count("error:") == 1


def test_a_drive_takes_the_file_whole_and_the_device_is_read_back(run, tmp_path, fake, monkeypatch):
    world = World(tmp_path, fake, monkeypatch)
    taken = []
    port = world.device(info=NEW)
    world.mount().take(lambda: taken.append((world.drive / "evenpulse.uf2").read_bytes()))
    outcome = run("flash", *of_drive(world, "--port", port, "--json"))
    assert outcome.code == 0, outcome.err
    assert taken == [sample_uf2.good()] and sample_uf2.digest() in outcome.out
    assert outcome.err.index("disappears when") < outcome.err.index("restarts")
    assert "\r" not in outcome.err and "%" not in outcome.err, "progress is for a terminal"


def test_the_same_firmware_is_left_alone_unless_forced(run, tmp_path, fake, monkeypatch):
    world = World(tmp_path, fake, monkeypatch)
    arguments = of_drive(world, "--port", world.device(info=NEW))
    outcome = run("flash", *arguments)
    assert (
        outcome.code == 0
        and "nothing to do" in outcome.err
        and "update" not in world.fake.methods()
    )
    world.patch.setattr(bootsel, "wait", lambda *_: bootsel.at(world.mount().take().drive))
    assert run("flash", *arguments, "--force").code == 0
    assert "update" in world.fake.methods()


def test_all_does_each_board_and_gives_the_worst_code(run, tmp_path, fake, monkeypatch):
    world = World(tmp_path, fake, monkeypatch)
    fakes = [
        fake(info=NEW),
        fake(info={**OLD, "board": "zero1"}),
        fake(info={**NEW, "serial": "E2"}),
    ]
    world.board_at(*(one.port for one in fakes))
    outcome = run("flash", "--all", "--uf2", world.uf2)
    assert outcome.code == FAILED
    assert [line.split()[1] for line in outcome.out.splitlines()[1:]] == ["yes", "no", "yes"]
    assert outcome.out.count("had it already") == 2 and "the device is board zero1" in outcome.err


def test_all_without_any_board(run, tmp_path, fake, monkeypatch):
    World(tmp_path, fake, monkeypatch)
    assert run("flash", "--all").code == NO_BOARD


STOCK = {"machine": "Raspberry Pi Pico with RP2040", "state": "micropython"}


@pytest.fixture
def prompt(monkeypatch):
    made = []

    def _prompt(told, on_bootloader=lambda: None):
        made.append(FakePrompt(told, on_bootloader))
        return made[-1]

    yield _prompt
    for one in made:
        one.close()


def test_stock_micropython_is_told_to_go_into_its_boot_loader(
    run, tmp_path, fake, monkeypatch, prompt
):
    """The port says who it is only while it is there: after the restart our firmware answers, on
    the port that came in its place.
    """
    world = World(tmp_path, fake, monkeypatch)
    stock = prompt(STOCK, lambda: world.mount().take())
    port = world.device(info=NEW)
    plain = flash.connect
    monkeypatch.setattr(flash, "connect", lambda _port: plain(port))
    outcome = run("flash", *of_drive(world, "--port", stock.port, "--json"))
    assert outcome.code == 0, outcome.err
    assert (
        "a MicroPython prompt (Raspberry Pi Pico with RP2040)" in outcome.err
        and "you say nmes2" in outcome.err
    )
    assert outcome.err.index("disappears now") < outcome.err.index("Writing")
    assert (
        stock.ran[-1].strip() == "import machine\nmachine.bootloader()"
        and sample_uf2.digest() in outcome.out
    )


@pytest.mark.parametrize(
    ("told", "arguments", "code", "mention"),
    [
        (STOCK, [], USAGE, "cannot say what it is"),
        (
            {**STOCK, "machine": "Raspberry Pi Pico2 with RP2350"},
            ["--board", "nmes2"],
            FAILED,
            "not an RP2040",
        ),
        (
            {**STOCK, "machine": "Evenpulse zero1 with RP2040"},
            "uf2",
            FAILED,
            "the device is board zero1",
        ),
    ],
)
def test_a_prompt_that_is_not_the_right_board(
    run, tmp_path, fake, monkeypatch, prompt, told, arguments, code, mention
):
    world = World(tmp_path, fake, monkeypatch)
    stock = prompt(told)
    outcome = run(
        "flash", "--port", stock.port, *(["--uf2", world.uf2] if arguments == "uf2" else arguments)
    )
    assert outcome.code == code and mention in outcome.err and outcome.err.count("error:") == 1
    assert not any("bootloader" in code for code in stock.ran)
