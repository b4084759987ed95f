"""firmware/README says when READY comes; here the twin says it, to 0.02 s."""

import re
from pathlib import Path

import rig
from evenpulse.base import boards
from evenpulse.twin import clinic
from evenpulse.twin.twin import Twin

PAGE = Path(__file__).parents[2] / "firmware" / "README.md"
SAID = (
    r"READY comes ([\d.]+) s after power-on without a prescription, ([\d.]+) s with one "
    r"program, ([\d.]+) s with eight"
)


def ready_s(flash):
    twin = Twin(flash=flash)
    twin.power_on(usb=False)
    assert twin.run_until_state(rig.READY, 3_000)
    return twin.now / 125e6


def test_the_page_says_when_ready_comes():
    long = {"on_s": 10, "off_s": 20, "ramp_up_s": 2, "ramp_down_s": 1, "offset_us": 3_000}
    eight = [{**rig.program(), **long, "name": f"Program number {number}"} for number in range(8)]
    of = (
        clinic.flash(boards.load(boards.DEFAULT)),
        rig.prescribed_flash(rig.program()),
        rig.prescribed_flash(*eight),
    )
    said = [float(text) for text in re.search(SAID, " ".join(PAGE.read_text().split())).groups()]
    took = [ready_s(flash) for flash in of]
    assert all(abs(a - b) <= 0.02 for a, b in zip(said, took, strict=True)), took
