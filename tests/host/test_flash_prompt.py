"""Stock MicroPython and other prompts, where firmware is to be flashed."""

import pytest
from flash_world import FAILED, NEW, USAGE, World, of_drive
import sample_uf2
from fake_prompt import FakePrompt

from evenpulse.flashing import steps as flash

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
