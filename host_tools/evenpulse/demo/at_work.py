"""The README's moving picture: a session on the twin, the panel beside the pulses that leave the
pins.

`python -m evenpulse.demo.at_work FILE.gif` plays the session and draws it. Nothing is made up for
it: the screen is what the firmware sent to its display, currents are the set points, edges those of
the pads.
"""

import argparse
from pathlib import Path

from PIL import Image

from evenpulse.base import ending
from evenpulse.demo.drawn import SIZE, Drawn
from evenpulse.demo.session import FRAME_MS, Session

_COLOURS = 160
_LAST_MS = 4_000


def write(path: Path, session: Session) -> None:
    """A GIF that goes on for ever, the last picture for longer."""
    drawn = Drawn(session)
    images = [drawn.frame(frame) for frame in session.frames]
    # The last one has every colour but that of a light that is out by then; the palette is that of
    # all of them.
    sheet = Image.new("RGB", (SIZE[0], SIZE[1] * 3))
    for row, image in enumerate((images[0], images[len(images) // 2], images[-1])):
        sheet.paste(image, (0, row * SIZE[1]))
    palette = sheet.quantize(_COLOURS, dither=Image.Dither.NONE)
    flat = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    took_ms = [FRAME_MS] * (len(flat) - 1) + [_LAST_MS]
    flat[0].save(
        path, save_all=True, append_images=flat[1:], duration=took_ms, loop=0, optimize=False
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="evenpulse.demo.at_work", description=__doc__)
    parser.add_argument("file", type=Path)
    write(parser.parse_args(arguments).file, Session())
    return 0


if __name__ == "__main__":
    ending.run("demo.at_work", main)
