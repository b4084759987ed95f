"""F3 and F4: how long the patient waits, from power-on to READY and from a button to what it
does.
"""

import random
from collections.abc import Callable

from evenpulse.bench import stock
from evenpulse.bench.figures import largest
from evenpulse.bench.rows import Row, row
from evenpulse.connect import bring_up
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin

_BOOT_LIMIT_MS, _BUTTON_LIMIT_MS = 1_000, 50
_LOOK_MS = 0.1
_BUTTONS = ("UP", "DOWN")
SIGNS = ("sound", "current", "screen")


def f3(say: Callable[[str], None]) -> Row:
    """Power-on to READY of a prescribed device whose last session the power cut: it also reads
    that from its journal.
    """
    say("F3: power-on to READY")
    twin = stock.running()
    twin.power_off()
    bring_up.switch_on(twin)
    return row(
        "F3",
        round(twin.now / CLOCKS_PER_MS, 1),
        "ms",
        _BOOT_LIMIT_MS,
        (
            "power-on to READY, prescription and an unfinished session in flash; the emulator's "
            "flash and start-up of the crystal take no time"
        ),
    )


def f4(presses: int, say: Callable[[str], None]) -> list[Row]:
    """UP and DOWN pressed in therapy at any moment: until the buzzer, the current and the screen
    have changed, the slowest of all.
    """
    say(f"F4: {presses} presses")
    twin, chance = stock.running(rate_pps=100), random.Random(4)
    twin.run_ms(300)
    worst: dict[str, float | None] = dict.fromkeys(SIGNS, 0.0)
    for number in range(presses):
        twin.run_ms(300 + chance.random() * 20)
        for sign, took_ms in reaction_ms(twin, _BUTTONS[number % len(_BUTTONS)]).items():
            worst[sign] = largest((worst[sign], took_ms))
    most = largest(worst.values())
    slowest = None if most is None else round(most, 1)
    how = (
        f"{presses} presses of UP and DOWN in therapy at 100 pps, at odd moments, debouncing "
        f"included"
    )
    return [
        row(
            "F4",
            slowest,
            "ms",
            _BUTTON_LIMIT_MS,
            f"the slowest of sound, current and screen: {how}; STOP is hardware: 8 clocks",
        ),
        *(
            row(f"F4.{sign}", took_ms and round(took_ms, 1), "ms", None, how)
            for sign, took_ms in worst.items()
        ),
    ]


def reaction_ms(twin: Twin, button: str, limit_ms: float = 150) -> dict[str, float | None]:
    """From a press to each sign that it was taken; None for one that did not come. The press
    lasts 80 ms.
    """
    world, screen, pressed = twin.world, twin.world.screen, twin.now
    # The bench is about nmes2
    assert screen is not None
    pins = {world.gpio("BUZZER"): "sound", world.gpio("CH1_AMP"): "current"}
    duties, frames = len(world.duties), screen.frames
    took: dict[str, float | None] = dict.fromkeys(SIGNS)
    twin.press(button, 80)
    while None in took.values() and twin.now < pressed + limit_ms * CLOCKS_PER_MS:
        twin.run_ms(_LOOK_MS)
        if took["screen"] is None and screen.frames > frames:
            took["screen"] = (twin.now - pressed) / CLOCKS_PER_MS
        for clock, gpio, _ in world.duties[duties:]:
            if gpio in pins and took[pins[gpio]] is None:
                took[pins[gpio]] = (clock - pressed) / CLOCKS_PER_MS
    return took
