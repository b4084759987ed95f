"""Ways to do harm from outside the chip: electrodes, source, hands, supply, USB, and what stands
in flash at the next power-on.
"""

import json
import zlib
from collections.abc import Callable, Sequence
from functools import partial

from evenpulse.faults.inject import Bench

# --- electrodes ---------------------------------------------------------------------------------


def _change_electrode(bench: Bench, change: Callable) -> dict:
    channel = bench.rng.choice(bench.channels)
    bench.twin.world.change_electrode(channel - 1, **change(bench.twin.electrodes[channel - 1]))
    return {"channel": channel}


def lead_off(bench: Bench) -> dict:
    return _change_electrode(bench, lambda _: {"open": True})


def short(bench: Bench) -> dict:
    return _change_electrode(bench, lambda _: {"series_ohm": 0.0, "skin_ohm": 0.0, "skin_nf": 0.0})


def put_on(ohms: Sequence[float]) -> Callable[[Bench], dict]:
    """Electrodes of so many ohm: a dry pad, a thin wire."""

    def _put(bench: Bench) -> dict:
        ohm = bench.rng.choice(ohms)
        return {
            "ohm": ohm,
            **_change_electrode(
                bench, lambda _: {"series_ohm": float(ohm), "skin_ohm": 0.0, "skin_nf": 0.0}
            ),
        }

    return _put


def change_source(leg_a: float, leg_b: float | None = None) -> Callable[[Bench], dict]:
    """The current source gives more or less than was asked of it, in both directions or in one
    (either may be the weak one).
    """

    def _change(bench: Bench) -> dict:
        channel = bench.rng.choice(bench.channels)
        gains = [leg_a, leg_a if leg_b is None else leg_b]
        if leg_b is not None:
            bench.rng.shuffle(gains)
        bench.twin.world.change_source(channel - 1, *gains)
        return {"channel": channel, "gains": gains}

    return _change


def lift_half(bench: Bench) -> dict:
    """Half the area: twice the resistance, half the capacitance."""
    return _change_electrode(
        bench,
        lambda e: {
            "series_ohm": 2 * e.series_ohm,
            "skin_ohm": 2 * e.skin_ohm,
            "skin_nf": e.skin_nf / 2,
        },
    )


# --- hands ----------------------------------------------------------------------------------------


def chatter(button: str, for_ms: float = 1_000) -> Callable[[Bench], dict]:
    """A contact that closes and opens, some of it long enough to count."""

    def _chatter(bench: Bench) -> dict:
        rng, at, presses = bench.rng, 0.0, 0
        while at < for_ms:
            down_ms, up_ms = rng.uniform(2, 40), rng.uniform(2, 40)
            bench.later(at, partial(bench.twin.press, button, down_ms))
            at, presses = at + down_ms + up_ms, presses + 1
        return {"closures": presses}

    return _chatter


def stick_button(bench: Bench) -> dict:
    button = bench.rng.choice(("START", "UP", "DOWN", "SELECT"))
    bench.twin.world.set_button(button, True)
    return {"button": button}


def noise_on_trigger(bench: Bench) -> dict:
    """TRIG_IN picks up edges for a second."""
    rng, pads, gpio, at, edges = bench.rng, bench.chip.pads, bench.gpio("TRIG_IN"), 0.0, 0
    while at < 1_000:
        bench.later(at, partial(pads.switch, gpio, edges & 1))
        at, edges = at + rng.expovariate(1 / 5), edges + 1
    bench.later(at, lambda: pads.switch(gpio, None))
    return {"edges": edges}


# --- supply, resets, USB, flash -----------------------------------------------------------------


def dip_supply(bench: Bench) -> dict:
    millivolts, for_ms = bench.rng.randint(2_500, 4_200), bench.rng.randint(1, 300)
    before = bench.twin.supply_mv
    bench.twin.set_supply(millivolts)
    bench.later(for_ms, lambda: bench.twin.set_supply(before))
    return {"mv": millivolts, "for_ms": for_ms}


def lower_supply(bench: Bench) -> dict:
    millivolts = bench.rng.choice(
        (bench.rng.randint(2_500, 4_200), bench.rng.randint(5_700, 6_500))
    )
    bench.twin.set_supply(millivolts)
    return {"mv": millivolts}


def lose_supply(bench: Bench) -> dict:
    bench.wants_power_cycle_ms = bench.rng.choice((0.01, 1.0, 100.0))
    return {"for_ms": bench.wants_power_cycle_ms}


def reset_by_watchdog(bench: Bench) -> dict:
    bench.rp2040.watchdog._reason = 1
    bench.rp2040.watchdog.on_watchdog_trigger()
    return {}


def flood_usb(bench: Bench) -> dict:
    """A computer is plugged in, and sends noise as soon as it can."""
    twin = bench.twin
    twin.plug(True)
    noise = bench.rng.randbytes(16_384)
    for part in range(0, len(noise), 256):
        bench.later(1 + part / 256 * 4, partial(twin.usb.write, noise[part : part + 256]))
    return {"bytes": len(noise)}


def flood_requests(bench: Bench) -> dict:
    """A computer is plugged in and asks without a pause, its clock anywhere between 1980 and
    2100.
    """
    twin, rng, lines = bench.twin, bench.rng, []
    for number in range(200):
        method, params = rng.choice(
            (
                ("info", {}),
                ("status", {}),
                ("self_test", {}),
                ("log", {"from": rng.randrange(1_000)}),
                ("calibrate", {"ch1": 1_000}),
                (
                    "configure",
                    {
                        "rx": "{}",
                        "key": "0" * 16,
                        "signature": "00",
                        "now_s": rng.randrange(315_532_800, 4_102_444_800),
                    },
                ),
            )
        )
        text = json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        lines.append(f"{text} {zlib.crc32(text.encode()):08x}\n".encode())
    twin.plug(True)
    for number, line in enumerate(lines):
        bench.later(1 + 4 * number, partial(twin.usb.write, line))
    return {"requests": len(lines)}


def flip_flash(area: str) -> Callable[[Bench], dict]:
    """A bit of what is written in an area of the board's flash; then the power is cycled and
    START held.
    """

    def _flip(bench: Bench) -> dict:
        start, size = bench.twin.board[f"{area}_OFFSET"], bench.twin.board[f"{area}_BYTES"]
        flash = bench.rp2040.flash
        written = [at for at in range(start, start + size) if flash[at] != 0xFF]
        at, bit = bench.rng.choice(written), bench.rng.randrange(8)
        flash[at] ^= 1 << bit
        bench.wants_power_cycle_ms, bench.presses_start = 10.0, True
        return {"address": hex(at), "bit": bit}

    return _flip
