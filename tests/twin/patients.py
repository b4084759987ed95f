"""What a patient's story is told with: power, buttons, the journal, the screen as it was kept."""

import os
from pathlib import Path

import rig
from test_screens import art

from evenpulse.twin.twin import Twin
from stimcore import journal

_KEPT = Path(__file__).parent / "story_screens"


def power_on(flash):
    twin = Twin(flash=flash)
    twin.power_on(usb=False)
    assert twin.run_until_state(rig.READY, 3_000)
    twin.run_ms(200)
    return twin


def press(twin, *buttons, for_ms=80):
    for button in buttons:
        twin.press(button, for_ms)
        twin.run_ms(for_ms + 190)


def told(twin):
    """The journal from flash, each link of its chain checked."""
    start, image = twin.board["JOURNAL_OFFSET"], twin.flash
    records = list(
        journal.read_ring(
            lambda at, n: image[start + at : start + at + n], twin.board["JOURNAL_BYTES"]
        )
    )
    assert all(record.linked for record in records)
    return [record.payload for record in records]


def shows(twin, name):
    """Dot for dot as kept; EVENPULSE_KEEP_SCREENS=1 keeps what is there now: look at it then."""
    drawn = art(twin.world.screen.pixels())
    if os.environ.get("EVENPULSE_KEEP_SCREENS"):
        (_KEPT / f"{name}.txt").write_text(drawn)
    return drawn == (_KEPT / f"{name}.txt").read_text()


def _timeless(drawn):
    """Without the time that is left, below on the right."""
    return [line[:64] if y >= 48 else line for y, line in enumerate(drawn.splitlines())]


def shows_in_therapy(twin, name):
    """The same but for the time that is left: which second is drawn depends on the compiler."""
    kept = (_KEPT / f"{name}.txt").read_text()
    return shows(twin, name) or _timeless(art(twin.world.screen.pixels())) == _timeless(kept)


def lit(twin):
    return [
        role[4:]
        for role in ("LED_READY", "LED_OUTPUT", "LED_FAULT")
        if rig.levels(twin, [role]) == [1]
    ]
