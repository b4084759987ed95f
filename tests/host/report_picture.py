"""The README's picture of a report: the six weeks that test_course.py plays, as the product's own
PDF of them.

`make pictures` runs it: python -m report_picture FILE.png, with tests, tests/host and tests/unit to
import from.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from test_course import ZONE, played
from typer.testing import CliRunner

from evenpulse.base import ending
from evenpulse.base.errors import Problem
from evenpulse.cli.app import app

_DPI = 80
_WHITE_ENOUGH, _MARGIN = 250, 30


def draw(path: Path) -> None:
    """Both pages beside each other, without the white at their foot."""
    if shutil.which("pdftoppm") is None:
        raise Problem(
            "no pdftoppm, which makes pictures of a PDF", do_next="apt-get install poppler-utils"
        )
    _, *devices = played()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for device in devices:
            device.archive(folder)
        report = folder / "report.pdf"
        words = ["report", "--archive", made, "--patient", "P-017", "--tz", ZONE, "-o", str(report)]
        done = CliRunner().invoke(app, words)
        if done.exit_code:
            raise Problem("the report was not written", seen=done.output)
        subprocess.run(["pdftoppm", "-r", str(_DPI), "-png", report, folder / "page"], check=True)
        pages = [Image.open(file).convert("RGB") for file in sorted(folder.glob("page*.png"))]
        sheet = Image.new("RGB", (sum(page.width for page in pages), pages[0].height), "white")
        for number, page in enumerate(pages):
            sheet.paste(page, (number * pages[0].width, 0))
    ink = sheet.convert("L").point(lambda grey: 255 * (grey < _WHITE_ENOUGH)).getbbox()
    assert ink is not None
    sheet = sheet.crop((0, 0, sheet.width, min(sheet.height, ink[3] + _MARGIN)))
    sheet.quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)


def main(arguments: list[str] | None = None) -> int:
    draw(Path((arguments or sys.argv[1:])[0]))
    return 0


if __name__ == "__main__":
    ending.run("report_picture", main)
