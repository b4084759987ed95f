"""Draws the firmware's letters: firmware/hal/letters_*.py, from the bitmaps of Debian's
xfonts-terminus and from figures drawn here.

Run when letters are to change, never in a build: `apt-get download xfonts-terminus`, `dpkg -x` it,
then `PYTHONPATH=host_tools .venv/bin/python -m toolchain.letters FOLDER`. The letters keep
Terminus' licence, the SIL Open Font License 1.1 (firmware/hal/LETTERS-LICENSE).
"""

import gzip
import hashlib
import io
import sys
from pathlib import Path

from PIL import Image, PcfFontFile

CHECKOUT = Path(__file__).resolve().parents[2]
_PCF = "usr/share/fonts/X11/misc/ter-u{}b_iso-8859-1.pcf.gz"
# What a text of the screen may hold
CODES = (*range(32, 127), *range(161, 256))
# Letters of the answers that stand in figures' place: YES NO, JA NEIN, OUI NON, SÍ
_WORDS = "YESNOJAIUÍ"
_LINE = 100

# (module, columns, rows of its cell, dots of the font, row of its base line, SHA-256 of the font's
# file)
_FONTS = (
    (
        "letters_6",
        6,
        16,
        "12",
        12,
        "c4d6a507594c1f35885243de36d85d756fdd680afe14ab6c6bc9e75d5b9d0082",
    ),
    (
        "letters_8",
        8,
        16,
        "16",
        12,
        "6730d11e9f8b3392e6c6e8ceb9347a065c38137cabcabd066c3fac9a680658a6",
    ),
    (
        "letters_12",
        12,
        24,
        "24",
        19,
        "e0cf77eb5814f4cdc5ad0e50315bda7a2295a5e38c908e2dc8cbaa2d5b37ea7d",
    ),
)
_WORDS_BASE = 26
_FIGURE_WORDS = ("32", "99798e926bc0a5c6a55c1a4548a2109236340879d3543532a2d6c5d1652d9ee5")

# 8 x 16 dots, as the characters 1, 2, … of letters_8: lock, pad that conducts, pad that does not,
# pad not yet measured, what UP and DOWN change, the bar of a hold: done, to come.
SYMBOLS = (
    (
        "........ ..###... .##.##.. .##.##.. .##.##.. #######. #######. ###.###. "
        "###.###. #######. #######. ........ ........ ........ ........ ........"
    ),
    (
        "........ .#####.. #######. #######. #######. #######. #######. #######. "
        "#######. #######. #######. #######. .#####.. ........ ........ ........"
    ),
    (
        "........ #.....#. ##...##. ###.###. .#####.. ..###... ..###... .#####.. "
        "###.###. ##...##. #.....#. ........ ........ ........ ........ ........"
    ),
    (
        "........ .#####.. ##...##. #.....#. #.....#. #.....#. #.....#. #.....#. "
        "#.....#. #.....#. ##...##. .#####.. ........ ........ ........ ........"
    ),
    (
        "........ ...#.... ..###... .#####.. #######. ...#.... ...#.... ...#.... "
        "...#.... ...#.... #######. .#####.. ..###... ...#.... ........ ........"
    ),
    (
        "........ ........ ######## ######## ######## ######## ######## ######## "
        "######## ######## ######## ######## ######## ######## ........ ........"
    ),
    (
        "........ ........ ######## ######## ........ ........ ........ ........ "
        "........ ........ ........ ........ ######## ######## ........ ........"
    ),
)

# Figures of 16 x 32: strokes of 4 dots. (x, y, width, height) of each; then (x, y, x, y), the ends
# of a slanted one, 5 wide.
_TOP, _MIDDLE, _FOOT = (1, 1, 14, 4), (1, 14, 14, 4), (1, 27, 14, 4)
_LEFT, _RIGHT = (1, 1, 4, 30), (11, 1, 4, 30)
_LEFT_UP, _LEFT_DOWN, _RIGHT_UP, _RIGHT_DOWN = (
    (1, 1, 4, 15),
    (1, 15, 4, 16),
    (11, 1, 4, 15),
    (11, 15, 4, 16),
)
_SHORT_RIGHT, _SHORT_LEFT, _SHORT_LOW_LEFT = (11, 1, 4, 8), (1, 1, 4, 8), (1, 23, 4, 8)
_FIGURES = {
    "0": ([_TOP, _FOOT, _LEFT, _RIGHT], []),
    "1": ([(7, 1, 4, 30), (2, 27, 14, 4)], [(2, 9, 6, 1)]),
    "2": ([_TOP, _FOOT, _SHORT_LEFT, (11, 1, 4, 11)], [(10, 12, 1, 26)]),
    "3": ([_TOP, (5, 14, 10, 4), _FOOT, _RIGHT, _SHORT_LEFT, _SHORT_LOW_LEFT], []),
    "4": ([(1, 19, 15, 4), (10, 1, 4, 30)], [(8, 1, 1, 19)]),
    "5": ([_TOP, (1, 13, 14, 4), _FOOT, _LEFT_UP, _RIGHT_DOWN, _SHORT_LOW_LEFT], []),
    "6": ([_TOP, (1, 13, 14, 4), _FOOT, _LEFT, _RIGHT_DOWN, _SHORT_RIGHT], []),
    "7": ([_TOP, (11, 1, 4, 8)], [(10, 9, 4, 30)]),
    "8": ([_TOP, _MIDDLE, _FOOT, _LEFT, _RIGHT], []),
    "9": ([_TOP, (1, 15, 14, 4), _FOOT, _LEFT_UP, _RIGHT, _SHORT_LOW_LEFT], []),
    "?": ([_TOP, _SHORT_LEFT, (11, 1, 4, 11), (6, 17, 4, 5), (6, 27, 4, 4)], [(10, 12, 6, 17)]),
    "-": ([(2, 14, 12, 4)], []),
}
# Figures whose outer corners are cut: top left, top right, foot left, foot right, and beside the
# middle
_ROUND = {
    "0": "abcd", "2": "ab", "3": "abcdr", "5": "bcd", "6": "abcd", "8": "abcdlr", "9": "abcd",
    "?": "ab",
}  # fmt: skip
_CUTS = {
    "a": [(1, 1), (2, 1), (1, 2)],
    "b": [(14, 1), (13, 1), (14, 2)],
    "c": [(1, 30), (2, 30), (1, 29)],
    "d": [(14, 30), (13, 30), (14, 29)],
    "l": [(1, 15), (1, 16)],
    "r": [(14, 15), (14, 16)],
}


def figure(char: str) -> Image.Image:
    """One of the figures, drawn."""
    image = Image.new("1", (16, 32))
    upright, slanted = _FIGURES[char]
    for x, y, width, height in upright:
        image.paste(1, (x, y, x + width, y + height))
    for x0, y0, x1, y1 in slanted:
        for y in range(min(y0, y1), max(y0, y1) + 1):
            x = x0 + round((x1 - x0) * (y - y0) / (y1 - y0))
            image.paste(1, (x, y, x + 5, y + 1))
    for corner in _ROUND.get(char, ""):
        for at in _CUTS[corner]:
            image.putpixel(at, 0)
    return image


def symbol(art: str) -> Image.Image:
    """One of SYMBOLS, drawn."""
    rows = art.split()
    image = Image.new("1", (len(rows[0]), len(rows)))
    for y, row in enumerate(rows):
        for x, dot in enumerate(row):
            image.putpixel((x, y), dot == "#")
    return image


def columns(image: Image.Image) -> bytes:
    """Page by page of 8 rows, a byte a column, the lowest bit on top: as the display takes it."""
    width, height = image.size
    return bytes(
        sum(bool(image.getpixel((x, 8 * page + bit))) << bit for bit in range(8))
        for page in range(height // 8) for x in range(width)
    )  # fmt: skip


def _font(folder: Path, dots: str, sha256: str) -> PcfFontFile.PcfFontFile:
    raw = (folder / _PCF.format(dots)).read_bytes()
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise SystemExit(
            f"{_PCF.format(dots)} is not that of xfonts-terminus 4.48-3.1: "
            f"{hashlib.sha256(raw).hexdigest()}"
        )
    return PcfFontFile.PcfFontFile(io.BytesIO(gzip.decompress(raw)), charset_encoding="iso8859-1")


def _glyph(
    font: PcfFontFile.PcfFontFile, code: int, size: tuple[int, int], base: int
) -> Image.Image:
    image = Image.new("1", size)
    found = font.glyph[code]
    assert found is not None
    _, (x0, y0, x1, y1), _, bitmap = found
    image.paste(bitmap, (x0, base + y0, x1, base + y1))
    return image


def module(name: str, what: str, glyphs: bytes) -> str:
    """The text of a module that holds them."""
    lines, line = [], b""
    for byte in glyphs:
        if len(repr(line + bytes((byte,)))) > _LINE - 4:
            lines.append(line)
            line = b""
        line += bytes((byte,))
    held = "\n".join(f"    {part!r}" for part in [*lines, line])
    return (
        f'"""{what} Written by toolchain.letters; LETTERS-LICENSE is theirs."""\n\n# fmt: off\n'
        f"GLYPHS = (\n{held}\n)\n"
    )


def figures() -> bytes:
    """What of letters_16 is drawn here."""
    return b"".join(columns(figure(char)) for char in _FIGURES)


def main(folder: Path) -> None:
    """Write the four modules."""
    hal = CHECKOUT / "firmware/hal"
    for name, width, height, dots, base, sha256 in _FONTS:
        font = _font(folder, dots, sha256)
        drawn = b"".join(columns(_glyph(font, code, (width, height), base)) for code in CODES)
        if name == "letters_8":
            drawn += b"".join(columns(symbol(art)) for art in SYMBOLS)
        (hal / f"{name}.py").write_text(module(name, f"Letters of {width} x {height} dots.", drawn))
    font = _font(folder, *_FIGURE_WORDS)
    words = b"".join(columns(_glyph(font, ord(char), (16, 32), _WORDS_BASE)) for char in _WORDS)
    text = module("letters_16", "Figures of 16 x 32 dots.", figures() + words)
    (hal / "letters_16.py").write_text(text + f"CHARS = {''.join(_FIGURES) + _WORDS!r}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
