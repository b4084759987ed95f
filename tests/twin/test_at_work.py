"""The README's moving picture is of a real session: edges as prescribed until STOP cuts one,
screens as they change.
"""

from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from evenpulse.demo.drawn import Drawn
from evenpulse.demo.session import Session
from evenpulse.twin.waveform import CLOCKS_PER_US

_KEPT = Path(__file__).resolve().parents[2] / "docs" / "pictures" / "at_work.gif"
_BYTES_MAX = 1_000_000
_PHASE_US, _PERIOD_US = 187, 12_937


@pytest.fixture(scope="module")
def session():
    return Session()


def test_pulses_are_as_prescribed_and_the_last_one_is_cut(session):
    one, two = session.flows
    *whole, cut = one
    assert len(whole) > 800 and len(two) > 800
    assert {flow.end - flow.begin for flow in whole + two} == {_PHASE_US * CLOCKS_PER_US}
    starts = [flow.begin for flow in one if flow.sign > 0]
    assert {b - a for a, b in zip(starts, starts[1:])} == {_PERIOD_US * CLOCKS_PER_US}
    assert cut.sign > 0 and 0 < cut.end - session.stop_clock <= 8
    assert max(ma for _, ma in session.set_ma[0]) == pytest.approx(8, abs=0.1)


def test_frames_show_what_the_hands_did(session):
    captions = list(dict.fromkeys(frame.caption for frame in session.frames))
    assert [caption.partition(":")[0].partition(",")[0] for caption in captions] == [
        "Ready", "START held for a second", "UP", "DOWN", "STOP",
    ]  # fmt: skip
    assert captions[-1].endswith("1 clock of 8 ns later")
    assert session.frames[0].lights == (True, False, False)
    assert session.frames[-1].lights == (False, False, True)
    assert len({frame.screen for frame in session.frames}) > 10


def test_a_frame_has_what_the_screen_shows_and_a_curve_once_there_are_pulses(session):
    drawn = Drawn(session)
    first, last = (drawn.frame(session.frames[at]).crop((500, 24, 896, 380)) for at in (0, -1))
    blue, orange = (0x1F, 0x6F, 0xB2), (0xC0, 0x56, 0x1F)
    for colour in (blue, orange):
        few, many = (
            dict(map(reversed, image.getcolors(100_000))).get(colour, 0) for image in (first, last)
        )
        # Before any pulse only the words "channel 1" and "channel 2" are in these colours
        assert few < 100 and many > 500
    with Image.open(_KEPT) as kept:
        kept.seek(kept.n_frames - 1)
        apart = ImageChops.difference(kept.convert("RGB"), drawn.frame(session.frames[-1]))
    # A GIF's palette has white at 253; one dot in a thousand may differ by more
    clearly = apart.convert("L").point(lambda level: 255 * (level > 24))
    assert ImageStat.Stat(clearly).mean[0] < 0.255, "make pictures"


def test_the_kept_one_moves_and_is_small():
    assert _KEPT.stat().st_size <= _BYTES_MAX
    with Image.open(_KEPT) as image:
        assert image.n_frames > 50 and image.info["loop"] == 0
