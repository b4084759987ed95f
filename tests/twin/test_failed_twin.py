"""A failed test leaves waves, journal and screen of its twins, and says where; one that passes
leaves nothing.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import failed_twin
import pytest
import vcd_reader
from PIL import Image

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parents[1]
_SAMPLE = _HERE / "samples" / "test_failing.py.txt"
# A folder that pytest sees as part of this ring, with its conftest, and that no run of the suite
# collects.
_RAN = _HERE / ".failing"


@pytest.fixture(scope="module")
def ran():
    """What a run of the sample printed, and the folder of what its tests left."""
    left = _ROOT / failed_twin.FOLDER
    _RAN.mkdir(exist_ok=True)
    try:
        (_RAN / "test_failing.py").write_text(_SAMPLE.read_text())
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", str(_RAN)],
            cwd=_ROOT,
            env={
                name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")
            },
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        shutil.rmtree(_RAN)
    assert "3 failed, 1 passed, 1 xfailed" in done.stdout, done.stdout
    return done.stdout, left


def folder(ran, name):
    printed, left = ran
    found = left / f"twin_.failing_test_failing.{name}"
    assert str(found.relative_to(_ROOT)) in printed, printed
    return found


def test_a_plain_test_leaves_the_twin_as_it_was(ran):
    kept = folder(ran, "test_plain")
    assert {file.name for file in kept.iterdir()} >= {
        "waves.vcd",
        "waves.gtkw",
        "journal.jsonl",
        "screen.png",
    }
    waves = vcd_reader.read((kept / "waves.vcd").read_text())
    assert "READY at clock " + str(waves.end_ns // 8) in ran[0]
    with Image.open(kept / "screen.png") as screen:
        assert screen.size == (512, 256) and len(screen.getcolors()) == 2


def test_a_test_in_a_copy_leaves_it_too(ran):
    kept = folder(ran, "test_in_a_copy_2_")
    records = [json.loads(line) for line in (kept / "journal.jsonl").read_text().splitlines()]
    assert [one["reason"] for one in records if one["e"] == "fault"] == ["stop_pressed"]
    assert "trips: stop_pressed at clock" in ran[0]
    waves = vcd_reader.read((kept / "waves.vcd").read_text())
    assert [int(value.lstrip("b"), 2) for _, value in waves.signals["nmes2.session.state"]][-1] == 6


def test_each_of_two_twins_is_kept_also_one_that_is_off(ran):
    kept = folder(ran, "test_two_twins")
    assert not (kept / "1" / "waves.vcd").exists() and (kept / "1" / "journal.jsonl").exists()
    assert (kept / "2" / "waves.vcd").exists()


def test_what_passes_or_is_known_leaves_nothing(ran):
    assert not [left for left in ran[1].glob("twin_.failing_*") if "that" in left.name]
