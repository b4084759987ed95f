"""The pages as their tests read them: what a reader types, in its order, and the files that a page
shows.

A `console` block is a shell: lines with `$ ` are typed, what stands below one is what it prints,
`…` standing for anything. `console checkout`: typed in the checkout, and run in a copy of it.
`console elsewhere=FILE`: not run with the pages, but by that file.

What a file holds is told in the line above its block, where the reader sees it: "`pain.toml`:" is a
file of that name, "`path/file.py`, after `some text`:" goes behind the line of that file which has
that text, in the copy.
"""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(
    r"(?:^`(?P<file>[^`\n]+)`(?:, after `(?P<after>[^`\n]+)`)?:\n+)?"
    r"^```(?P<kind>\w*)(?P<how>[^\n]*)\n(?P<text>.*?)^```$",
    re.S | re.M,
)
_ELSEWHERE = "elsewhere="


class Block(NamedTuple):
    """`file`, `after`: as the line above says; `how`: what follows the kind."""

    kind: str
    how: str
    file: str | None
    after: str | None
    text: str

    @property
    def elsewhere(self) -> str | None:
        """The file that runs it instead."""
        return self.how.removeprefix(_ELSEWHERE) if self.how.startswith(_ELSEWHERE) else None

    @property
    def commands(self) -> list[tuple[str, list[str]]]:
        """(command, lines it shall print)."""
        found: list[tuple[str, list[str]]] = []
        for line in self.text.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            elif line.strip():
                found[-1][1].append(line)
        return found


def pages() -> list[Path]:
    """Every page of the checkout."""
    folders = ("docs", "firmware", "boards")
    found = [
        *ROOT.glob("*.md"),
        *(page for folder in folders for page in (ROOT / folder).rglob("*.md")),
    ]
    return sorted(found)


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    """In their order."""
    found = []
    for match in _BLOCK.finditer(page.read_text()):
        part = match.groupdict()
        found.append(
            Block(part["kind"], part["how"].strip(), part["file"], part["after"], part["text"])
        )
    return found


def prose(page: Path) -> str:
    """The page without its blocks."""
    return _BLOCK.sub("", page.read_text())


def pattern(line: str) -> re.Pattern:
    """A documented line: spaces are any spaces, `…` is anything."""
    words = (".*".join(map(re.escape, word.split("…"))) for word in line.split())
    return re.compile(r"\s+".join(words))


def put(folder: Path, block: Block) -> None:
    """A block that is a file, or a part of one, where it belongs."""
    assert block.file is not None
    into = folder / block.file
    if block.after is None:
        into.parent.mkdir(parents=True, exist_ok=True)
        into.write_text(block.text)
        return
    lines = into.read_text().splitlines(keepends=True)
    (at,) = [k for k, line in enumerate(lines, 1) if block.after in line] or [0]
    assert at, f"{block.file} has no line with: {block.after}"
    into.write_text("".join([*lines[:at], block.text, *lines[at:]]))
