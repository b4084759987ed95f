"""The screen as the firmware draws it, a row or a page a round: what is seen in the end does not
depend on the way there.
"""

import pytest
import rig

from evenpulse.twin.oled import HEIGHT, WIDTH

# The last row, and where in it the time left stands, which goes on
_FOOT, _CLOCK_X = 48, 80


@pytest.fixture(scope="module")
def flash():
    return rig.prescribed_flash(rig.program())


def seen(twin):
    """Lines of the screen without the clock, once everything has been drawn."""
    # What the electrodes take is told after a second of one current, and drawn within another
    twin.run_ms(2_700)
    dots = twin.world.screen.pixels()
    lines = [dots[y * WIDTH : (y + 1) * WIDTH] for y in range(HEIGHT)]
    return lines[:_FOOT] + [line[:_CLOCK_X] for line in lines[_FOOT:]]


def pressed(twin, *buttons):
    for button in buttons:
        twin.press(button, 40)
        twin.run_ms(80)
    return seen(twin)


def test_rows_that_change_while_others_are_still_undrawn_end_as_if_drawn_at_leisure(flash):
    """Amplitudes up and down in presses faster than a screen is drawn, and slowly: dot for dot
    the same.
    """
    hasty, calm = rig.running(flash, ups=3), rig.running(flash, ups=3)
    begun = seen(hasty)
    assert any(any(line) for line in begun)
    assert seen(calm) == begun
    fewer = pressed(hasty, "DOWN", "DOWN")
    for button in ("DOWN", "DOWN"):
        slow = pressed(calm, button)
    assert fewer == slow != begun
    # An UP counts once what the one before it brought has been felt.
    hasty.press("UP", 40)
    hasty.run_ms(300)
    more = pressed(hasty, "UP")
    for button in ("UP", "UP"):
        slow = pressed(calm, button)
    assert more == slow != fewer


def test_a_new_screen_leaves_nothing_of_the_old_one(flash):
    """To FAULT while the therapy's rows are still being drawn, and from a screen long finished."""
    hasty, calm = rig.running(flash), rig.running(flash, ups=2)
    hasty.press("UP", 40)
    hasty.run_ms(50)
    before = seen(calm)
    for twin in (hasty, calm):
        twin.press("STOP", 100)
    assert seen(hasty) == seen(calm) != before
