"""The host's floors: every room imports what is below it, nothing goes round in a ring, and the
check sees each of the wrong ways.
"""

import re
from pathlib import Path

import host_floors
import pytest

_CHECKOUT = Path(__file__).resolve().parents[2]
_TOOLS = _CHECKOUT / "host_tools"

# (file, what it would import): one for each rule
_WRONG = [
    ("evenpulse/link/client.py", "from evenpulse.twin.port import TwinPort"),
    ("evenpulse/twin/clinic.py", "from evenpulse.link.client import Device"),
    ("evenpulse/twin/twin.py", "import toolchain"),
    ("toolchain/firmware.py", "from evenpulse.base.boards import load"),
    ("toolchain/firmware.py", "import evenpulse"),
    ("evenpulse/output_table/page.py", "from evenpulse.report.markup import tag"),
    ("evenpulse/faults/quiet.py", "from evenpulse.cli import options"),
    ("evenpulse/bench/rows.py", "from evenpulse import cli"),
    ("evenpulse_ground/uf2.py", "from evenpulse.base.errors import Problem"),
    ("evenpulse_ground/uf2.py", "from toolchain import cache"),
    ("evenpulse/base/files.py", "def f():\n    from evenpulse.link import repl"),
    ("evenpulse/prescription/keys.py", "from evenpulse.link import repl"),
    ("evenpulse/emulator/chip.py", "from evenpulse.twin import world"),
    ("evenpulse/connect/ports.py", "from evenpulse.live import serve"),
    ("evenpulse/live/serve.py", "from evenpulse.scenario import player"),
    ("evenpulse/scenario/player.py", "from evenpulse.faults import case"),
    ("evenpulse/journal/audit.py", "from evenpulse.report import words"),
    ("evenpulse/flashing/steps.py", "from evenpulse.twin.twin import Twin"),
    ("evenpulse/monitor/rows.py", "from evenpulse.cli import output"),
    ("evenpulse/report/page.py", "from evenpulse.link.client import Device"),
    ("evenpulse/demo/pictures.py", "from evenpulse.bench import rows"),
    ("evenpulse/evidence/parts.py", "from evenpulse.cli.app import app"),
    ("evenpulse/reference/cli.py", "from evenpulse.demo import pictures"),
    ("evenpulse/cli/app.py", "from evenpulse.faults import case"),
    ("evenpulse/link/client.py", "from hal.guard import Guard"),
    ("evenpulse/a_new_room/file.py", "from evenpulse.base import boards"),
]
_RIGHT = [
    ("evenpulse/link/client.py", "import stimcore.link\nimport os, typer"),
    ("evenpulse/twin/world.py", "from evenpulse.emulator.chip import Chip"),
    ("evenpulse/base/firmware_files.py", "def f():\n    from toolchain import firmware_dir"),
    ("evenpulse/cli/twin.py", "def f():\n    from evenpulse.live.run import run"),
    ("evenpulse/__main__.py", "from evenpulse.cli import main"),
    ("toolchain/firmware.py", "from evenpulse_ground import uf2\nfrom . import cache"),
]


def _plant(folder, files):
    for name, text in files.items():
        path = folder / "host_tools" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return folder


def test_the_tools_import_downwards_only():
    assert host_floors.violations(_CHECKOUT) == []


def test_every_room_is_there_and_has_its_rule():
    folders = {path.parent.name for path in (_TOOLS / "evenpulse").glob("*/__init__.py")}
    assert folders == set(host_floors.ROOMS) | set(host_floors.TOP)
    for file in host_floors.OF_THE_BUILDS:
        assert "toolchain" in (_TOOLS / "evenpulse" / file).read_text()


def test_the_rooms_stand_one_on_the_other():
    """The table itself has no ring: each room is built on rooms that stand already."""
    built: set[str] = set()
    while left := set(host_floors.ROOMS) - built:
        ready = {room for room in left if host_floors.ROOMS[room] <= built}
        assert ready, left
        built |= ready


@pytest.mark.parametrize("name, text", _WRONG)
def test_an_import_that_no_floor_allows_is_found(tmp_path, name, text):
    found = host_floors.violations(_plant(tmp_path, {name: text}))
    assert len(found) == 1 and found[0].startswith(f"host_tools/{name}:")


@pytest.mark.parametrize("name, text", _RIGHT)
def test_an_import_that_a_floor_allows_is_no_false_alarm(tmp_path, name, text):
    assert host_floors.violations(_plant(tmp_path, {name: text})) == []


@pytest.mark.parametrize(
    "back",
    [
        "from evenpulse.journal import source",
        "from evenpulse.journal.source import load",
        "def f():\n    # Late: it takes a while.\n    from evenpulse.journal import source",
        "if TYPE_CHECKING:\n    from evenpulse.journal.source import Source",
    ],
)
def test_a_ring_is_found_however_it_is_hidden(tmp_path, back):
    files = {
        "evenpulse/journal/source.py": "from evenpulse.journal import fetch",
        "evenpulse/journal/fetch.py": "from evenpulse.journal.table import x",
        "evenpulse/journal/table.py": back,
    }
    (found,) = host_floors.violations(_plant(tmp_path, files))
    assert found.startswith("a ring: ") and all(
        f"evenpulse.journal.{name}" in found for name in ("source", "fetch", "table")
    )
    files["evenpulse/journal/table.py"] = "from evenpulse.journal import entries"
    assert host_floors.violations(_plant(tmp_path, files)) == []


def test_every_late_import_of_ours_says_why_it_is_late():
    assert host_floors.unsaid(_CHECKOUT) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def f():\n    from evenpulse.twin import twin", True),
        ("def f():\n    if 1:\n        from stimcore import limits", True),
        ("def f():\n    import io\n    from stimcore import limits", True),
        ("def f():\n    # Late: slow.\n    from stimcore import limits\n    import io", False),
        ("def f():\n    import io", False),
        ("from stimcore import limits", False),
    ],
)
def test_a_late_import_that_does_not_say_why_is_found(tmp_path, text, told):
    found = host_floors.unsaid(_plant(tmp_path, {"evenpulse/connect/ports.py": text}))
    assert bool(found) is told


def test_each_room_names_its_tests():
    """In the table of docs/explanation/architecture.md: every room has a row, and each test in its
    last column is there.
    """
    page = (_CHECKOUT / "docs/explanation/architecture.md").read_text()
    table = page.partition("| room of `host_tools/evenpulse/`")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines()[2:]]
    named = {room for row in rows for room in re.findall(r"`(\w+)/`", row[0])}
    assert named == {*host_floors.ROOMS, *host_floors.TOP}
    for room, *_, tests in rows:
        found = re.findall(r"`([\w/.*]+)`", tests)
        assert found, room
        for one in found:
            assert list((_CHECKOUT / "tests").glob(one.rstrip("/"))), f"{room} {one}"
