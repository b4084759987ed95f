"""The layers of the house import downwards only, and the check itself sees every kind of upward
import.
"""

import ast
from pathlib import Path

import pytest
from layers import ALLOWED, violations

_CHECKOUT = Path(__file__).resolve().parents[2]

_UPWARDS = [
    ("firmware/stimcore/pulse.py", "import time"),
    ("firmware/stimcore/pulse.py", "from hal import guard"),
    ("firmware/stimcore/pulse.py", "import math"),
    ("firmware/stimcore/pulse.py", "def f():\n    import machine"),
    ("firmware/hal/guard.py", "from app.build import build"),
    ("firmware/hal/guard.py", "from stimcore import session"),
    ("firmware/hal/guard.py", "import stimcore.session"),
    ("firmware/app/supervisor.py", "import machine"),
    ("firmware/app/supervisor.py", "from rp2 import DMA"),
    ("firmware/app/supervisor.py", "from micropython import mem_info"),
    ("firmware/app/supervisor.py", "import main"),
    ("firmware/main.py", "import rp2"),
    ("boards/nmes2/board.py", "from stimcore import limits"),
    ("host_tools/evenpulse/link/client.py", "from hal.guard import Guard"),
    ("host_tools/evenpulse/twin/world.py", "import app"),
]

_DOWNWARDS = [
    ("firmware/stimcore/train.py", "from stimcore import pulse\nimport json"),
    (
        "firmware/hal/guard.py",
        "import rp2\nfrom stimcore.limits import AMPLITUDE_UA\nfrom hal import regs",
    ),
    (
        "firmware/app/supervisor.py",
        "from hal.guard import Guard\nfrom micropython import const\nfrom stimcore import session",
    ),
    ("firmware/main.py", "import board\nfrom app.build import build\nimport machine"),
    ("host_tools/evenpulse/link/client.py", "import stimcore.link\nimport os, typer"),
]


def _tree(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True)
    path.write_text(text + "\n")
    return folder


def test_this_checkout_imports_downwards_only():
    assert violations(_CHECKOUT) == []


@pytest.mark.parametrize("part", sorted(ALLOWED))
def test_the_check_looks_at_real_folders(part):
    assert (_CHECKOUT / part).exists()


@pytest.mark.parametrize("name, text", _UPWARDS)
def test_an_upward_import_is_found(tmp_path, name, text):
    found = violations(_tree(tmp_path, name, text))
    assert len(found) == 1 and found[0].startswith(name)


@pytest.mark.parametrize("name, text", _DOWNWARDS)
def test_a_downward_import_is_no_false_alarm(tmp_path, name, text):
    assert violations(_tree(tmp_path, name, text)) == []


def _writes_of_a_session(text):
    """Attributes that are assigned to something called session."""
    return [
        target.attr
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign)
        for whole in (node.targets if isinstance(node, ast.Assign) else [node.target])
        for target in ast.walk(whole)
        if isinstance(target, ast.Attribute)
        and isinstance(target.ctx, ast.Store)
        and ast.unparse(target.value).split(".")[-1] in ("session", "_session")
    ]


def test_nobody_writes_what_a_session_shows_sounds_or_counts():
    """Device gives it the clock that both go by; everything else is asked for by a method."""
    found = {
        (file.name, name)
        for file in (_CHECKOUT / "firmware" / "app").glob("*.py")
        for name in _writes_of_a_session(file.read_text())
    }
    assert found == {("device.py", "time")}


@pytest.mark.parametrize(
    "text",
    [
        "session.sound = ''",
        "self._device.session.redraw = True",
        "a, session.dose = 1, 2",
        "session.bar += 1",
    ],
)
def test_each_way_to_write_is_seen(text):
    assert len(_writes_of_a_session(text)) == 1
    assert not _writes_of_a_session("self._session = session; x = session.sound")
