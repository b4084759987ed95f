"""The screen of every state, drawn by the firmware on the emulated chip, dot for dot as in
tests/twin/screens.

A picture is text: 64 lines of 128, `#` where a dot is lit. Each was looked at, enlarged, before it
was kept. After a change that is meant: `EVENPULSE_KEEP_SCREENS=1 .venv/bin/pytest
tests/twin/test_screens.py`, then look at what differs.
"""

import ast
import importlib
import os
from pathlib import Path

import pytest

from evenpulse.connect.service import Service
from evenpulse.twin.oled import HEIGHT, WIDTH

_KEPT = Path(__file__).parent / "screens"
NAMES = sorted(path.stem for path in _KEPT.glob("*.txt"))


@pytest.fixture(scope="module")
def device():
    """A chip in service mode with the states on it."""
    made = Service()
    made.run((Path(__file__).parent / "screen_states.py").read_text())
    return made


def art(pixels: bytes) -> str:
    rows = [pixels[y * WIDTH : (y + 1) * WIDTH] for y in range(HEIGHT)]
    return "".join("".join(".#"[dot] for dot in row) + "\n" for row in rows)


def test_every_state_of_the_list_is_kept(device):
    states = device.run("print(' '.join(sorted(SCREENS)))").split()
    if os.environ.get("EVENPULSE_KEEP_SCREENS"):
        for old in _KEPT.glob("*.txt"):
            old.unlink()
        for name in states:
            device.run(f"show({name!r})")
            (_KEPT / f"{name}.txt").write_text(art(device.twin.world.screen.pixels()))
    assert states == sorted(path.stem for path in _KEPT.glob("*.txt"))


@pytest.mark.parametrize("name", NAMES)
def test_the_screen_is_as_it_was_kept(device, name):
    device.run(f"show({name!r})")
    assert art(device.twin.world.screen.pixels()) == (_KEPT / f"{name}.txt").read_text()


def test_what_changes_a_little_is_sent_a_little(device):
    """12 mA to 13 mA is one figure: one round, its four pages, and not one dot elsewhere."""
    device.run("show('running')")
    screen = device.twin.world.screen
    before, frames = screen.pixels(), screen.frames
    rounds = int(
        device.run(
            "SCREENS['thirteen'] = lambda: session_in('RUNNING', set_ua=[13_000, 9_000], "
            "contact=[True, True])\nshow('thirteen')"
        )
    )
    device.run("del SCREENS['thirteen']")
    changed = {
        (i % WIDTH, i // WIDTH)
        for i, (a, b) in enumerate(zip(before, screen.pixels(), strict=True))
        if a != b
    }
    assert rounds == 1 and screen.frames - frames == 4
    assert changed and all(32 <= x < 48 and 16 <= y < 48 for x, y in changed)


def test_drawing_takes_no_memory(device):
    """A whole new screen, in rounds of which each allocates nothing."""
    # Names and letters that are met for the first time
    device.run("figures()")
    assert int(device.run("figures()")) == 0


def dots(rows) -> bytes:
    """The same rows by the letters as lit dots, drawn here: font for font from
    firmware/hal/letters_*.py, and no other code of the device.
    """
    picture = bytearray(WIDTH * HEIGHT)
    for (wide, high), x, y, text in rows:
        for k, char in enumerate(text):
            glyphs, index = _glyph(wide, char)
            size = wide * high // 8
            for page in range(high // 8):
                for column in range(wide):
                    byte = glyphs[index * size + page * wide + column] if index >= 0 else 0
                    for bit in range(8):
                        if byte >> bit & 1:
                            picture[(y + 8 * page + bit) * WIDTH + x + wide * k + column] = 1
    return bytes(picture)


def _glyph(wide, char):
    module = importlib.import_module(f"hal.letters_{wide}")
    if wide == 16:
        return module.GLYPHS, module.CHARS.find(char)
    # toolchain.letters
    codes = [*range(32, 127), *range(161, 256), *range(1, 8)]
    return module.GLYPHS, codes.index(ord(char))


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_found_every_message_in_every_language_is_drawn_letter_for_letter(device, language):
    """Each page on the glass, dot for dot as its letters: none is missing, cut or over another."""
    for name in device.run("print(' '.join(names()))").split():
        for page in (0, 1):
            rows = ast.literal_eval(device.run(f"show_message({language!r}, {name!r}, {page})"))
            assert device.twin.world.screen.pixels() == dots(rows), (language, name, page)
            assert all(
                wide > 6 and x >= 0 and x + wide * len(text) <= WIDTH and y + high <= HEIGHT
                for (wide, high), x, y, text in rows
            )


def test_pieces_drawn_one_after_another_are_the_whole(device):
    """From any state to any other by what differs: the same dots as from an empty screen."""
    states = device.run("print(' '.join(sorted(SCREENS)))").split()
    for name in states[::5]:
        for other in states[1::7]:
            device.run(f"show({other!r}); show({name!r})")
            assert art(device.twin.world.screen.pixels()) == (_KEPT / f"{name}.txt").read_text(), (
                other,
                name,
            )
