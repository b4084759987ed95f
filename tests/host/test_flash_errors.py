"""Each way in which flashing can go wrong: one clear error with what to do, the right exit code,
nothing half-done.
"""

import errno
import os
import socket

import pytest
from flash_world import (
    BUSY,
    FAILED,
    FAULT,
    INTERRUPTED,
    NEW,
    NO_BOARD,
    OLD,
    SEVERAL,
    USAGE,
    World,
    error,
    of_drive,
)
import sample_uf2
from fake_device import STATUS

from evenpulse.flashing import drive as bootsel
from toolchain import ToolchainError


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
    (no_board, NO_BOARD, ["no board is connected", "BOOTSEL if its firmware is broken or missing"]),
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
