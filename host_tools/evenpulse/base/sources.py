"""Which sources a kept result speaks of, as two hashes.

`firmware`: all that the board's firmware is made from. Not the built file: another compiler gives
other bytes of the same program, and that must not void a result. `asked_by`: what puts the
questions and judges the answers, because "0 unsafe" means what its judge means. The emulator is in
neither: its own tests hold it to the clock, and being quicker does not void a result. But what
silicon's time is (the plain model, which the quick one is held against), is a question of all.
"""

import hashlib
from pathlib import Path

from toolchain import firmware

BOARD = "nmes2"
_PACKAGE = Path(__file__).resolve().parents[1]
_TIME = ("emulator/silicon.py", "twin/flash_time.py")
# How a session comes about that is then judged or measured.
_BROUGHT_UP = (*_TIME, "connect/bring_up.py")
_CASES = (
    *_BROUGHT_UP,
    "faults/case*.py",
    "faults/inject*.py",
    "faults/judge*.py",
    "faults/situations.py",
    "faults/table*.py",
)
_BENCH = (*_BROUGHT_UP, "connect/service.py", "bench/*.py", "bench/device/*.py")
# part: its own files of the host
ASKED_BY = {
    "campaign": _CASES,
    "ablation": (*_CASES, "faults/ablation.py"),
    "quiet": (*_BROUGHT_UP, "faults/quiet.py", "faults/situations.py"),
    "bench": _BENCH,
    "long run": (
        *_BROUGHT_UP,
        "bench/contract.py",
        "bench/figures.py",
        "bench/long_run.py",
        "bench/stock.py",
    ),
    "slowest": (
        *_BROUGHT_UP,
        "bench/stock.py",
        "faults/quiet.py",
        "faults/situations.py",
        "silicon/cold.py",
    ),
}


def of_firmware() -> str:
    return firmware.sources_hash(BOARD)


def of(part: str) -> dict[str, str]:
    """What a result of this part carries."""
    found = hashlib.sha256()
    for file in sorted(file for pattern in ASKED_BY[part] for file in _PACKAGE.glob(pattern)):
        found.update(f"{file.relative_to(_PACKAGE)}\0".encode() + file.read_bytes())
    return {"firmware": of_firmware(), "asked_by": found.hexdigest()}
