"""Every command that a page shows is run, in its order, and prints what the page shows;
page_blocks.py says how.
"""

import os
import re
import shlex
import shutil
import socket
import subprocess
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import page_blocks
import pytest
from page_blocks import ROOT
from typer.testing import CliRunner
from warm_tool import WarmTool

from evenpulse.base import boards
from evenpulse.cli.app import app
from evenpulse.prescription import template as prescription_template

README = ROOT / "README.md"
PAGES = page_blocks.pages()
WITH_COMMANDS = [
    page for page in PAGES if any(block.kind == "console" for block in page_blocks.blocks(page))
]
KINDS = {"console", "toml", "python", "text", "mermaid"}
LINE_MAX = 120


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Shell:
    """Where a page's reader works: a folder of his own, and a copy of the checkout when a block
    asks for it.
    """

    def __init__(self, folder: Path, page: Path, tool: WarmTool, pristine: Callable[[], Path]):
        self._tool, self._pristine = tool, pristine
        self._folder, self._copy = folder / "desk", folder / "checkout"
        self._folder.mkdir()
        # Whoever runs the tests may have a twin of his own at the ports that the page names.
        named = set(re.findall(r"--tcp (\d+)", page.read_text()))
        self._ports = {shown: str(_free_port()) for shown in named}

    def checkout(self) -> Path:
        if not self._copy.exists():
            subprocess.run(["cp", "-a", self._pristine(), self._copy], check=True)
        return self._copy

    def put(self, block: page_blocks.Block) -> None:
        page_blocks.put(self.checkout() if "/" in (block.file or "") else self._folder, block)

    def run(self, block: page_blocks.Block) -> None:
        """Types its commands; AssertionError for the first that fails, or does not print what is
        shown.
        """
        typed = [row for row in block.commands if not row[0].startswith("make ")]
        if not typed:
            return
        script = "".join(f"echo '@@@'\n{command}\n" for command, _ in typed)
        if self._ports:
            script = re.sub(
                rf"\b({'|'.join(self._ports)})\b", lambda shown: self._ports[shown[0]], script
            )
        in_copy = block.how == "checkout"
        folder = self.checkout() if in_copy else self._folder
        # As typed by hand: nothing of the pytest and the make around it.
        ours = ("PYTEST_", "MAKE", "MFLAGS", "COV_")
        env = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
        path = [ROOT / ".venv" / "bin", os.environ["PATH"]]
        path = path if in_copy else [self._tool.bin, *path]
        env |= {"PATH": os.pathsep.join(map(str, path)), "COLUMNS": "200"}
        if in_copy:
            env["PYTHONPATH"] = os.pathsep.join(
                [str(folder / "host_tools"), str(folder / "firmware")]
            )
        head = "set -e\ntrap 'kill $(jobs -p) 2> /dev/null || true' EXIT\nexec 2>&1\n"
        done = subprocess.run(
            ["bash", "-c", head + script],
            cwd=folder,
            env=env,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        printed = done.stdout.split("@@@\n")[1:]
        at = typed[len(printed) - 1][0] if printed else "its beginning"
        assert done.returncode == 0, f"exit {done.returncode} at: {at}\n{done.stdout}"
        for (command, lines), text in zip(typed, printed, strict=True):
            for line in lines:
                found = any(page_blocks.pattern(line).search(one) for one in text.splitlines())
                assert found, f"$ {command}\ndoes not print: {line}\nbut:\n{text}"


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    """The checkout as pages get it, collected for the first that asks: what git knows, what was
    compiled (Python's own too), and the venv.
    """
    folder = tmp_path_factory.mktemp("pristine") / "checkout"

    @cache
    def _collected() -> Path:
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        known = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        built = [
            file.relative_to(ROOT)
            for part in ("host_tools", "firmware", "tests")
            for kind in ("*.so", "*.pyc")
            for file in (ROOT / part).rglob(kind)
        ]
        for file in [*filter(None, known.split("\0")), *built]:
            if (ROOT / file).exists():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / file, folder / file, follow_symlinks=False)
        (folder / ".venv").symlink_to(ROOT / ".venv")
        return folder

    return _collected


@pytest.fixture(scope="module")
def tool(tmp_path_factory):
    with WarmTool(tmp_path_factory.mktemp("tool")) as warm:
        yield warm


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=page_blocks.name)
def test_every_command_of_a_page_does_what_it_shows(page, tmp_path, tool, pristine):
    shell = Shell(tmp_path, page, tool, pristine)
    for block in page_blocks.blocks(page):
        if block.kind == "console" and not block.elsewhere:
            shell.run(block)
        elif block.file:
            shell.put(block)


@pytest.mark.parametrize("page", PAGES, ids=page_blocks.name)
def test_what_is_typed_stands_in_a_block_that_is_run(page):
    """No other kind of block, no shell in an indented one; what is run elsewhere says where, and
    is.
    """
    for block in page_blocks.blocks(page):
        assert block.kind in KINDS, block.kind
        if block.kind in ("toml", "python"):
            assert block.file, f"no line above says which file this is:\n{block.text}"
        if block.kind == "console":
            assert block.how in ("", "checkout") or block.elsewhere, block.how
            assert block.text.startswith("$ "), block.text
        if block.elsewhere:
            assert f"`{block.elsewhere}`" in page_blocks.prose(page), (
                "the reader is not told where it is run"
            )
            assert page_blocks.name(page) in (ROOT / block.elsewhere).read_text(), block.elsewhere
    typed = re.findall(r"^ {4,}(?:\$|make|git|evenpulse|\.venv/).*", page_blocks.prose(page), re.M)
    assert not typed, typed


def test_the_prescription_that_is_shown_is_the_one_that_is_written():
    """Valid on whatever day the page is read: the command writes it, with that day. The page shows
    it with its check-list answered.
    """
    shown = [
        tomllib.loads(block.text)
        for page in PAGES
        for block in page_blocks.blocks(page)
        if block.kind == "toml" and "[[program]]" in block.text and not block.after
    ]
    assert shown
    for one in shown:
        board = boards.load(boards.DEFAULT)
        written = prescription_template.text(board, one["issued"], one["program"][0]["preset"])
        assert tomllib.loads(written) == one | {"checks": dict.fromkeys(one["checks"], False)}
        assert all(one["checks"].values())


@pytest.mark.parametrize("page", PAGES, ids=page_blocks.name)
def test_make_knows_every_target_that_is_named(page):
    named = set(re.findall(r"(?:`|^\$ )make ([a-z-]+)", page.read_text(), re.M))
    known = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.M))
    assert named <= known, named - known


@cache
def _help(*words: str) -> set[str]:
    """The commands that `evenpulse WORDS --help` lists."""
    outcome = CliRunner().invoke(app, [*words, "--help"], prog_name="evenpulse")
    assert outcome.exit_code == 0
    return set(re.findall(r"^  ([a-z]+)  ", outcome.output.partition("Commands:")[2], re.M))


def test_every_command_of_the_tool_is_run_by_a_page():
    run = [
        shlex.split(command, comments=True)
        for page in PAGES
        for block in page_blocks.blocks(page)
        if block.kind == "console"
        for command, _ in block.commands
    ]
    shown = {tuple(words[1:3]) for words in run if words[:1] == ["evenpulse"]}
    there = _help()
    assert len(there) > 8
    for name in there:
        for sub in _help(name) or {""}:
            assert any(words[:1] == (name,) and sub in (*words, "") for words in shown), (
                f"{name} {sub}"
            )


@pytest.mark.parametrize("page", PAGES, ids=page_blocks.name)
def test_every_command_of_the_tool_that_is_named_exists(page):
    there = _help()
    for name in set(re.findall(r"`evenpulse ([a-z]\w*)", page_blocks.prose(page))):
        assert name in there, name


# A line that a reader types: below a `$`, or in a cell of a table that says what to do.
_TYPED = re.compile(r"^(?:\$ |\|.*`)evenpulse ", re.M)
_FOLLOWED = re.compile(r"docs/how-to/|docs/tutorial|boards/\w+/README")
_TYPES_IT = [
    page
    for page in PAGES
    if _FOLLOWED.match(page_blocks.name(page)) and _TYPED.search(page.read_text())
]


@pytest.mark.parametrize("page", _TYPES_IT, ids=page_blocks.name)
def test_a_page_that_types_evenpulse_says_first_how_a_terminal_knows_it(page):
    """Who comes straight to a how-to has not read the tutorial."""
    before = page.read_text()[: _TYPED.search(page.read_text()).start()]
    assert re.search(r"make (setup|demo)", before) and ". .venv/bin/activate" in before


def _anchor(heading: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=page_blocks.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page_blocks.prose(page)):
        if ":" in target:
            continue
        file, _, anchor = target.partition("#")
        other = (page.parent / file).resolve() if file else page
        assert other.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", page_blocks.prose(other), re.M)
            assert anchor in map(_anchor, headings), target


@pytest.mark.parametrize("page", PAGES, ids=page_blocks.name)
def test_files_that_are_named_exist(page):
    """`firmware/main.py`, `tests/unit/test_dose.py::test_x`: a path from the top of the
    checkout, and a name in it.
    """
    for named, name in re.findall(
        r"`((?:firmware|host_tools|tests|boards|docs)/[\w./-]+)(?:::(\w+))?`", page.read_text()
    ):
        assert (ROOT / named).exists(), named
        if name:
            there = re.search(
                rf"^\s*(?:def |class ){name}\b|^{name}\b.* = ", (ROOT / named).read_text(), re.M
            )
            assert there, f"{named}::{name}"


@pytest.mark.parametrize("page", PAGES, ids=page_blocks.name)
def test_lines_can_be_read(page):
    """A sentence is not a line of its own; only tables and links are longer than a screen is
    wide.
    """
    long = [
        line
        for line in page_blocks.prose(page).splitlines()
        if len(line) > LINE_MAX
        and not line.startswith("|")
        and not re.search(r"\]\([^)]{60,}\)", line)
    ]
    assert not long, long


def test_the_readme_is_short():
    assert len(README.read_text().splitlines()) <= 250
