"""The other half of a fault campaign: sessions that nothing is wrong with, in which nothing may
trip.

`python -m evenpulse.faults.quiet` runs each preset's fastest stage for two simulated minutes, over
loads from 300 ohm to 3 kohm that change, with buttons and the journal records they cause; writes
build/quiet.json. What is watched is pins, resets and states.
"""

import argparse
import hashlib
import json
import random
from decimal import Decimal
from pathlib import Path

from stimcore import journal
from stimcore.presets import PRESETS

from evenpulse.base import firmware_files
from evenpulse.base.ending import run as run_program
from evenpulse.base.errors import BadUsage
from evenpulse.base.printing import print_table
from evenpulse.connect import bring_up
from evenpulse.emulator import fork
from evenpulse.faults import situations
from evenpulse.twin.states import FAULT, RUNNING
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin

FILE = Path("build/quiet.json")
_UNSAFE = 6
_CAP_MA = 30
_LOAD_OHM = (300, 3_000)
_LOAD_EVERY_MS, _BUTTON_EVERY_MS = (200, 4_000), (150, 1_500)
_BUTTONS = ("UP", "UP", "UP", "DOWN", "DOWN", "SELECT")
HEADER = ["preset", "simulated s", "pulses", "loads", "presses", "records", "most mA", "trips"]


def program(preset: str) -> dict:
    """One program of a prescription, as the TOML parser gives it: the preset's fastest stage, made
    to last.

    On and off are left out, and a sweep is held where its pulses are quickest and longest.
    """
    values: dict = PRESETS[preset]["values"]  # type: ignore[assignment]
    stage: dict = {"preset": preset}
    if sweep := values.get("sweep"):
        stage = {
            "phase_us": max(sweep["phase_us"]),
            "gap_us": values["gap_us"],
            "rate_pps": _thousandth(max(sweep["rate_mpps"])),
        }
    elif "on_ms" in values:
        stage = {
            "phase_us": values["phase_us"],
            "gap_us": values["gap_us"],
            "rate_pps": _thousandth(values["rate_mpps"]),
        }
        stage |= {
            f"{name}_s": _thousandth(values[f"{name}_ms"]) for name in ("ramp_up", "ramp_down")
        }
    return {"name": preset, "channels": [1, 2], "minutes": 20, **stage}


def _thousandth(value: int) -> Decimal:
    return Decimal(value) / 1_000


def run(flash: bytes, preset: str, seed: int, seconds: float, firmware: Path | None = None) -> dict:
    """One quiet session: what it did, and what tripped (empty when all is well)."""
    chance = random.Random(f"{seed}:{preset}")
    twin = bring_up.switch_on(Twin(firmware=firmware, flash=flash))
    situations.press(twin, "SELECT", list(PRESETS).index(preset))
    bring_up.hold_start(twin)
    begin, first, resets, records = twin.now, len(twin.edges), twin.chip.resets, len(_journal(twin))
    end = begin + round(seconds * 1_000 * CLOCKS_PER_MS)
    load, button, loads, presses = twin.now, twin.now, 0, 0
    while twin.now < end and twin.state == RUNNING:
        if twin.now >= load:
            for index in range(len(twin.electrodes)):
                twin.world.change_electrode(index, **_load(chance))
            loads, load = loads + 1, twin.now + _clocks(chance, _LOAD_EVERY_MS)
        if twin.now >= button:
            twin.press(chance.choice(_BUTTONS), chance.randrange(40, 140))
            presses, button = presses + 1, twin.now + _clocks(chance, _BUTTON_EVERY_MS)
        twin.run_to(min(load, button, end))
    edges = twin.edges[first:]
    return {
        "preset": preset,
        "simulated_s": round((twin.now - begin) / CLOCKS_PER_MS / 1_000, 1),
        "pulses": _pulses(twin, edges),
        "loads": loads,
        "presses": presses,
        "records": len(_journal(twin)) - records,
        "peak_ma": round(max(channel.peak_ua for channel in twin.world.channels) / 1_000, 1),
        "trips": _trips(twin, edges, begin, resets),
    }


def _clocks(chance: random.Random, span_ms: tuple[int, int]) -> int:
    return chance.randrange(span_ms[0] * CLOCKS_PER_MS, span_ms[1] * CLOCKS_PER_MS)


def _load(chance: random.Random) -> dict:
    """A pad and skin of 300 to 3000 ohm together, as a resistor or with the skin's capacitor."""
    total = chance.randrange(*_LOAD_OHM)
    skin = chance.choice((0, chance.randrange(total)))
    return {
        "series_ohm": float(total - skin),
        "skin_ohm": float(skin),
        "skin_nf": float(chance.choice((0, 47, 220)) if skin else 0),
    }


def _pulses(twin: Twin, edges: list) -> list[int]:
    """Of each channel, from the pins; a pulse is one phase on each leg."""

    def _rises(role: str) -> int:
        return sum(level for _, gpio, level in edges if gpio == twin.world.gpio(role))

    return [_rises(f"CH{number}_A") for number in (1, 2)]


def _trips(twin: Twin, edges: list, begin: int, resets: int) -> list[str]:
    watched = {twin.world.gpio(role): role for role in ("INTERLOCK_N", "HV_EN")}
    found = [
        f"{watched[gpio]} fell at {(clock - begin) / CLOCKS_PER_MS:.3f} ms"
        for clock, gpio, level in edges
        if gpio in watched and not level
    ]
    found += [
        f"state FAULT, word {word:#x}, at {(clock - begin) / CLOCKS_PER_MS:.3f} ms"
        for clock, word in twin.states
        if word & 0xFF == FAULT and clock >= begin
    ]
    if twin.chip.resets > resets:
        found.append("the chip was reset")
    if not found and twin.state != RUNNING:
        found.append(f"left RUNNING for state {twin.state}")
    return found


def _journal(twin: Twin) -> list:
    start, image = twin.board["JOURNAL_OFFSET"], twin.flash
    return list(
        journal.read_ring(
            lambda at, n: image[start + at : start + at + n], twin.board["JOURNAL_BYTES"]
        )
    )


def flash() -> bytes:
    """Of a device with every preset prescribed."""
    document = situations.document()
    document["caps"].update(ch1_ma=_CAP_MA, ch2_ma=_CAP_MA)
    return situations.prescribed_flash(
        document | {"program": [program(preset) for preset in PRESETS]}
    )


def campaign(presets: list[str], seed: int, seconds: float, jobs: int | None = None) -> dict:
    """The form of build/quiet.json."""
    image, uf2 = flash(), firmware_files.folder("nmes2") / "firmware.uf2"
    found = fork.each(presets, lambda preset: run(image, preset, seed, seconds, uf2), jobs)
    return told(
        [
            one or {"preset": preset, "trips": ["the emulation died"]}
            for preset, one in zip(presets, found, strict=True)
        ],
        seed,
        seconds,
        uf2,
    )


def told(sessions: list[dict], seed: int, seconds: float, uf2: Path) -> dict:
    firmware = hashlib.sha256(uf2.read_bytes()).hexdigest()
    return {
        "seed": seed,
        "seconds": seconds,
        "trips": sum(len(one["trips"]) for one in sessions),
        "firmware": firmware,
        "sessions": sessions,
    }


def main(arguments: list[str] | None = None) -> int:
    """0 when nothing tripped, else 6."""
    parser = argparse.ArgumentParser(prog="evenpulse.faults.quiet", description=__doc__)
    parser.add_argument(
        "--seconds", type=float, default=120, help="simulated, of each preset (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="only presets with this in their name"
    )
    wishes = parser.parse_args(arguments)
    presets = [preset for preset in PRESETS if wishes.only in preset]
    if not presets:
        raise BadUsage(
            f"--only {wishes.only!r}: no preset has this in its name",
            do_next=f"use one of: {', '.join(PRESETS)}",
        )
    if not 0 < wishes.seconds <= 1_100:
        raise BadUsage(
            f"--seconds {wishes.seconds}: a session of 20 minutes holds 0 to 1100",
            do_next="give fewer seconds",
        )
    found = campaign(presets, wishes.seed, wishes.seconds)
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(found, indent=1) + "\n")
    print_table(
        HEADER,
        [
            [
                one["preset"],
                *(
                    one.get(key)
                    for key in ("simulated_s", "pulses", "loads", "presses", "records", "peak_ma")
                ),
                "; ".join(one["trips"]) or 0,
            ]
            for one in found["sessions"]
        ],
    )
    return _UNSAFE if found["trips"] else 0


if __name__ == "__main__":
    run_program("quiet", main)
