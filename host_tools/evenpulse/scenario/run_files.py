"""The files of a run: edges.csv, waves.vcd and .gtkw, journal.jsonl, screen-*.png, summary.json.
All, or none.
"""

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from stimcore import journal
from stimcore.interlock import REASONS

from evenpulse.base.errors import BadUsage, Problem
from evenpulse.journal import archive
from evenpulse.journal.fetch import as_dict
from evenpulse.scenario import vcd
from evenpulse.twin import measure, states

CLOCK_HZ = 125_000_000
if TYPE_CHECKING:
    from evenpulse.twin.twin import Twin

# Directions of board.py that have edges; a pwm pin is 1 while its duty is above 0
_LOGGED = (
    "out",
    "in",
    "pwm",
)
_OURS = (
    "edges.csv",
    "waves.vcd",
    "waves.gtkw",
    "journal.jsonl",
    "*.journal",
    "summary.json",
    "screen-*.png",
)


class Run(Protocol):
    """What was run: a twin with its end, and what is told of it. A scenario's player, or a demo."""

    twin: "Twin"
    firmware_sha256: str
    info: dict
    programs: list[str]
    screens: list[bytes]
    ready_clock: int
    wall_s: float

    @property
    def events(self) -> list[tuple[int, str]]: ...


@contextmanager
def folder(out_dir: Path) -> Iterator[Path]:
    """A new folder to write into; it takes the place of `out_dir`'s files only when everything
    is written.
    """
    if out_dir.exists() and not out_dir.is_dir():
        raise BadUsage(f"{out_dir} is a file", do_next="name a folder")
    try:
        out_dir.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{out_dir.name}-", dir=out_dir.parent))
    except OSError as error:
        raise Problem(
            f"cannot write into {out_dir.parent}",
            seen=error.strerror or str(error),
            do_next="name another folder",
        ) from error
    try:
        yield part
        _put_in_place(part, out_dir)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _put_in_place(part: Path, out_dir: Path) -> None:
    out_dir.mkdir(exist_ok=True)
    for pattern in _OURS:
        for old in out_dir.glob(pattern):
            old.unlink()
    for new in part.iterdir():
        new.replace(out_dir / new.name)


def write_all(part: Path, run: Run) -> dict:
    """Write every file of a finished run; the summary."""
    # Late: pictures take a while to be there.
    from evenpulse.twin.oled import save_png

    roles = logged_roles(run.twin)
    write_edges(part / "edges.csv", roles, run.twin)
    write_waves(
        part / "waves.vcd",
        run.twin,
        f"firmware {run.info.get('version')}, SHA-256 {run.firmware_sha256}",
        run.ready_clock,
    )
    write_journal(part, run.twin, run.info["serial"])
    for number, pixels in enumerate(run.screens):
        save_png(pixels, part / f"screen-{number:03}.png")
    summary = summarize(run)
    (part / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    return summary


def logged_roles(twin: "Twin") -> dict[int, str]:
    """GPIO: role of every pin whose edges are kept."""
    return {
        gpio: role
        for role, (gpio, direction, *_) in twin.board["PINS"].items()
        if direction in _LOGGED
    }


def write_edges(path: Path, roles: dict[int, str], twin: "Twin") -> None:
    """clock,pin,level: what each pin was at clock 0, then every change."""
    with path.open("w", newline="\n") as file:
        file.write("clock,pin,level\n")
        for gpio, role in roles.items():
            file.write(f"0,{role},{twin.first_levels[gpio]}\n")
        file.writelines(
            f"{clock},{roles[gpio]},{level}\n" for clock, gpio, level in twin.edges if gpio in roles
        )


def write_waves(path: Path, twin: "Twin", about: str, from_clock: int = 0) -> None:
    """The same and more as a VCD file, and beside it how GTKWave shows it from a clock on."""
    found = vcd.signals(logged_roles(twin), twin)
    vcd.write(path, twin, found, f"board {twin.board['NAME']}, {about}")
    vcd.write_gtkw(path.with_suffix(".gtkw"), path.name, twin, found, from_clock)


def write_journal(part: Path, twin: "Twin", serial: str) -> None:
    """Records straight from flash: as lines of JSON, and as the archive that `log pull` would
    have made of them.
    """
    start, size, flash = twin.board["JOURNAL_OFFSET"], twin.board["JOURNAL_BYTES"], twin.flash
    records = list(
        journal.read_ring(
            lambda offset, count: flash[start + offset : start + offset + count], size
        )
    )
    with (part / "journal.jsonl").open("w", newline="\n") as file:
        file.writelines(json.dumps(as_dict(record)) + "\n" for record in records)
    archive.file_of(part, serial).write_bytes(b"".join(record.frame for record in records))


def summarize(run: Run) -> dict:
    """What summary.json holds; every number is measured at the pins or in the load."""
    twin = run.twin
    return {
        "board": twin.board["NAME"],
        "firmware": {"version": run.info.get("version"), "sha256": run.firmware_sha256},
        "programs": run.programs,
        **{
            str(number): _channel(twin, number) for number in range(1, len(twin.world.channels) + 1)
        },
        "trips": trips(twin, run.events),
        "simulated_s": twin.now / CLOCK_HZ,
        "wall_s": round(run.wall_s, 3),
        "exit_state": states.name(twin.state) if twin.powered else states.OFF,
        "ready_clock": run.ready_clock,
        "resets": twin.chip.resets,
    }


def _channel(twin: "Twin", number: int) -> dict:
    world = twin.world
    load = world.channels[number - 1]
    load.advance(twin.now)
    pulses, balance = measure.channel_counts(
        twin.edges,
        twin.first_levels,
        world.gpio(f"CH{number}_A"),
        world.gpio(f"CH{number}_B"),
        world.gpio("HV_EN"),
        twin.now,
    )
    return {
        "pulses": pulses,
        "delivered_uc": round(load.total_nc / 1000, 6),
        "peak_ma": round(load.peak_ua / 1000, 6),
        "imbalance_clocks": balance,
    }


def trips(twin: "Twin", events: Iterable[tuple[int, str]] = ()) -> list[dict]:
    """Each change into FAULT: its first reason, and three clocks that are not the same.

    `cause_clock`: the last of the scenario's `events` (clock, what) before it; `cut_clock`: when
    HV_EN fell, by whatever layer; `noticed_clock`: when the firmware latched it, up to a round
    later, or after a restart.
    """
    found, before = [], None
    for clock, word in twin.states:
        code = word >> 8 & 0xFF
        if word & 0xFF == states.FAULT and word != before:
            reason = REASONS[code][0] if code < len(REASONS) else f"unknown {code}"
            cut = measure.outputs_off_clock(twin.edges, twin.world.gpio("HV_EN"), clock)
            by = clock if cut is None else min(cut, clock)
            at, cause = max((one for one in events if one[0] <= by), default=(None, None))
            clocks = {"cause_clock": at, "cut_clock": cut, "noticed_clock": clock}
            found.append({"reason": reason, "cause": cause, **clocks})
        # A fault that a reset finds latched is the same one
        before = word or before
    return found
