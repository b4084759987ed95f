"""Every command that the README and docs/clinics.md show is run, in its order, and gives what it
shows.

A `console` block is a shell: lines with `$ ` are run, what stands below one is what it prints, `…`
standing for anything. A block named after a file (```toml pain.toml) is that file. All of a page
happens in one folder. `make` is only asked whether it knows the target.
"""

import os
import re
import shlex
import socket
import subprocess
import tomllib
from pathlib import Path

import pytest

from evenpulse import boards, prescription_template

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
PAGES = ("README.md", "docs/clinics.md")
_BLOCK = re.compile(r"^```(\w+)(?: ([\w./-]+))?\n(.*?)^```$", re.S | re.M)


def blocks(page: str) -> list[tuple[str, ...]]:
    """(kind, name of a file, text) of each block of a page."""
    return [match.groups() for match in _BLOCK.finditer((ROOT / page).read_text())]


def consoles(page: str) -> list[str]:
    return [text for kind, _, text in blocks(page) if kind == "console"]


BLOCKS = blocks("README.md")
CONSOLES = consoles("README.md")


def commands(console: str) -> list[tuple[str, list[str]]]:
    """(command, lines it shall print) of a console block."""
    found: list[tuple[str, list[str]]] = []
    for line in console.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line.strip():
            found[-1][1].append(line)
    return found


def pattern(line: str) -> re.Pattern:
    """A documented line: spaces are any spaces, `…` is anything."""
    return re.compile(
        r"\s+".join(".*".join(map(re.escape, word.split("…"))) for word in line.split())
    )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture(scope="module", params=PAGES)
def page(request):
    return request.param


@pytest.fixture(scope="module")
def folder(tmp_path_factory, page):
    """Where the reader works, with the files that the page shows."""
    made = tmp_path_factory.mktemp("readme")
    for _, name, text in blocks(page):
        if name:
            (made / name).write_text(text)
    return made


@pytest.fixture(scope="module")
def shell(folder):
    """Runs a block; gives what each of its commands printed, both streams."""

    # Whoever runs the tests may have a twin of his own at the ports that the page names.
    ports = {shown: str(_free_port()) for shown in set(re.findall(r"--tcp (\d+)", README))}

    def _run(block):
        script = "".join(f"echo '@@@'\n{command}\n" for command, _ in block)
        script = re.sub(r"\b(?:" + "|".join(ports) + r")\b", lambda shown: ports[shown[0]], script)
        env = {
            **os.environ,
            "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
            "COLUMNS": "200",
            "EVENPULSE_ROOT": str(ROOT),
        }
        done = subprocess.run(
            [
                "bash",
                "-c",
                f"set -e\ntrap 'kill $(jobs -p) 2> /dev/null || true' EXIT\nexec 2>&1\n{script}",
            ],
            cwd=folder,
            env=env,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return done.returncode, done.stdout.split("@@@\n")[1:]

    return _run


def test_every_console_block_does_what_it_shows(shell, page):
    assert len(consoles(page)) > 5
    for console in consoles(page):
        block = [
            (command, lines)
            for command, lines in commands(console)
            if not command.startswith("make ")
        ]
        if not block:
            continue
        code, printed = shell(block)
        ran = printed[-1] if printed else ""
        assert code == 0 and len(printed) == len(block), (
            f"exit {code} at: {block[len(printed) - 1][0]}\n{ran}"
        )
        for (command, lines), text in zip(block, printed, strict=True):
            for line in lines:
                assert any(pattern(line).search(one) for one in text.splitlines()), (
                    f"$ {command}\ndoes not print: {line}\nbut:\n{text}"
                )


def test_the_prescription_that_is_shown_is_the_one_that_is_written():
    """Valid on whatever day the page is read: the command writes it, with that day."""
    (shown,) = [
        tomllib.loads(text)
        for kind, name, text in BLOCKS
        if kind == "toml" and "[[program]]" in text
    ]
    written = prescription_template.text(
        boards.load(boards.DEFAULT), shown["issued"], shown["program"][0]["preset"]
    )
    assert tomllib.loads(written) == shown


def test_make_knows_every_target_that_is_named():
    named = set(re.findall(r"(?:^    |`|\$ )make ([a-z-]+)", README, re.M))
    known = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.M))
    assert len(named) > 3 and named <= known


def test_every_command_of_the_tool_is_shown():
    """As a first word after `evenpulse` in a block."""
    listed = subprocess.run(
        [ROOT / ".venv/bin/evenpulse", "--help"], capture_output=True, text=True, check=True
    ).stdout
    there = re.findall(r"^  ([a-z]+)  ", listed.partition("Commands:")[2], re.M)
    shown = {
        words[1]
        for console in CONSOLES
        for command, _ in commands(console)
        for words in [shlex.split(command, comments=True)]
        if words[0] == "evenpulse"
    }
    assert len(there) > 8 and set(there) <= shown, set(there) - shown


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)[)#]", README))))
def test_a_link_leads_somewhere(link):
    assert (ROOT / link).exists()
