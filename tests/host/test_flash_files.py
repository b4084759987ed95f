"""The file that is flashed: a bad one is refused before any device is spoken to, a good one taken
whole, on each board.
"""

import pytest
from flash_world import FAILED, NEW, NO_BOARD, OLD, World, of_drive
import sample_uf2

from evenpulse.flashing import drive as bootsel

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
