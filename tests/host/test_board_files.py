"""Board files: pins.csv says what board.py says, and what the firmware relies on holds for every
board.
"""

import csv
import json
from pathlib import Path

import pytest
from evenpulse.base import boards
from evenpulse.base.errors import BadUsage
from toolchain import ToolchainError, firmware

FOLDER = Path(__file__).parents[2] / "boards"
SECTOR, FLASH, STORAGE, FILESYSTEM = 4096, 0x200000, 0x100000, 0x80000
LEGS_OF = {
    1: ("CH1_A", "CH1_B", "GUARD_SPARE_1", "GUARD_SPARE_2"),
    2: ("CH1_A", "CH1_B", "CH2_A", "CH2_B"),
}


@pytest.mark.parametrize("name", boards.names())
def test_pins_csv_is_board_py(name):
    with (FOLDER / name / "pins.csv").open() as file:
        rows = {row[0]: row[1] for row in csv.reader(file) if row and row[0]}
    pins = boards.load(name)["PINS"]
    assert {role: rows.get(role) for role in pins} == {
        role: f"GPIO{row[0]}" for role, row in pins.items()
    }


@pytest.mark.parametrize("name", boards.names())
def test_no_gpio_is_used_twice_and_the_guarded_ones_are_consecutive(name):
    board = boards.load(name)
    pins, guarded = board["PINS"], (*LEGS_OF[board["CHANNELS"]], "HV_EN")
    gpios = [row[0] for row in pins.values()]
    assert len(set(gpios)) == len(gpios) and all(0 <= gpio < 30 for gpio in gpios)
    first = pins["CH1_A"][0]
    assert [pins[role][0] for role in guarded] == list(range(first, first + 5))
    assert all(
        pins[role][3] == 0 and pins[role][4] == ("down" if board["OUTPUT_STAGE"] else "none")
        for role in guarded
    )


@pytest.mark.parametrize("name", boards.names())
def test_the_amplitudes_have_pwm_slices_of_their_own(name):
    pins = boards.load(name)["PINS"]
    used = [pins[role][0] >> 1 & 7 for role, row in pins.items() if row[1] == "pwm"]
    assert len(set(used)) == len(used)


@pytest.mark.parametrize("name", boards.names())
def test_raw_flash_areas_lie_behind_the_filesystem_and_apart(name):
    board = boards.load(name)
    areas = sorted(
        (board[f"{what}_OFFSET"], board[f"{what}_BYTES"])
        for what in ("PRESCRIPTION", "KEYS", "COUNTER", "JOURNAL", "CALIBRATION")
    )
    at = STORAGE + FILESYSTEM
    for offset, size in areas:
        assert offset >= at and offset % SECTOR == size % SECTOR == 0
        at = offset + size
    assert at <= FLASH


@pytest.mark.parametrize("name", boards.names())
def test_every_board_has_its_name_and_all_of_its_files(name):
    assert boards.load(name)["NAME"] == name
    files = {
        "board.py",
        "board.json",
        "manifest.py",
        "mpconfigboard.cmake",
        "mpconfigboard.h",
        "pins.csv",
        "README.md",
    }
    assert {path.name for path in (FOLDER / name).iterdir() if path.is_file()} >= files
    assert json.loads((FOLDER / name / "board.json").read_text())["product"] == name
    assert f'"Evenpulse {name}"' in (FOLDER / name / "mpconfigboard.h").read_text()


@pytest.mark.parametrize("name", boards.names())
def test_a_board_s_page_has_its_wiring_a_diagram_and_the_check_list(name):
    page = (FOLDER / name / "README.md").read_text()
    assert "```mermaid" in page and all(role in page for role in boards.load(name)["PINS"])
    assert all(f"**{what}**" in page for what in ("STOP", "Interlock", "Zero", "Scale"))


# (board, what the line reads, what it is changed to, line it stands in, words of the message); the
# line is counted in the file itself
LINES = [
    (
        "nmes2",
        '    "CH1_B": (3, "out", 1, 0, "down"),',
        '    "CH1_B": (3, "in", 1, 0, "down"),',
        ("PINS.CH1_B direction = in", "limit out"),
    ),
    (
        "nmes2",
        '    "SYNC_OUT": (8, "out", 1, 0, "down"),',
        '    "SYNC_OUT": (9, "out", 1, 0, "down"),',
        ("PINS.TRIG_IN GPIO = 9", "PINS.SYNC_OUT has it"),
    ),
    (
        "nmes2",
        '    "BUZZER": (22, "pwm", 1, 0, "down"),',
        '    "BUZER": (22, "pwm", 1, 0, "down"),',
        ("PINS.BUZER = unknown role", "BUZZER"),
    ),
    ("nmes2", "DEAD_TIME_US = 5", "DEAD_TIME_US = 501", ("DEAD_TIME_US = 501", "1 to 500")),
    (
        "zero1",
        '    "GUARD_SPARE_2": (5, "out", 1, 0, "down"),',
        '    "GUARD_SPARE_2": (5, "out", 1, 1, "down"),',
        ("GUARD_SPARE_2 safe level = 1", "limit 0"),
    ),
    (
        "zero1",
        "KEYS_BYTES = 0x2000",
        "KEYS_BYTES = 0x8000",
        ("KEYS_BYTES = 32768", "COUNTER begins at 0x186000", "move or shorten"),
    ),
    ("bench", "OUTPUT_STAGE = False", "OUTPUT_STAGE = True", ("COMPLIANCE_MV = missing",)),
]


def _written(folder, name, text):
    (folder / name).mkdir()
    (folder / name / "board.py").write_text(text)
    return folder / name / "board.py"


@pytest.mark.parametrize("row", LINES, ids=[row[2].strip() for row in LINES])
def test_a_wrong_entry_is_named_with_its_file_and_line(tmp_path, monkeypatch, row):
    board, was, now, words = row
    text = (FOLDER / board / "board.py").read_text()
    lines = text.split("\n")
    assert sum(line.startswith(was) for line in lines) == 1
    file = _written(
        tmp_path, "mine", "\n".join(now if line.startswith(was) else line for line in lines)
    )
    monkeypatch.setenv("EVENPULSE_BOARDS", str(tmp_path))
    with pytest.raises(BadUsage) as caught:
        boards.load("mine")
    told = str(caught.value)
    assert all(word in told for word in ("board 'mine'", *words)), told
    number = next(k for k, line in enumerate(lines, 1) if line.startswith(was))
    if "missing" in words[0]:
        assert f"{file}\n" in told, "what is not there has no line"
    elif "TRIG_IN" in words[0]:
        assert f"{file}:{number + 1}\n" in told, (
            "of the two that share a GPIO the one that comes later by name"
        )
    else:
        assert f"{file}:{number}\n" in told


@pytest.mark.parametrize(
    "text, line, says",
    [("NAME = \n", 1, "SyntaxError"), ("NAME = 1\n\nCHANNELS = 1 / 0\n", 3, "ZeroDivisionError")],
)
def test_a_board_file_that_cannot_be_run_is_named_with_its_line(
    tmp_path, monkeypatch, text, line, says
):
    file = _written(tmp_path, "mine", text)
    monkeypatch.setenv("EVENPULSE_BOARDS", str(tmp_path))
    with pytest.raises(BadUsage) as caught:
        boards.load("mine")
    assert f"{file}:{line}" in str(caught.value) and says in str(caught.value)


def test_the_build_refuses_a_board_before_anything_is_built(tmp_path, monkeypatch):
    _written(tmp_path, "mine", (FOLDER / "nmes2" / "board.py").read_text() + "MAX_UA = 100_001\n")
    (tmp_path / "mine" / "mpconfigboard.cmake").write_text("")
    monkeypatch.setenv("EVENPULSE_BOARDS", str(tmp_path))
    with pytest.raises(ToolchainError, match="MAX_UA = 100001"):
        firmware.get("mine")


@pytest.mark.parametrize(
    "line, parts",
    [
        ("MAX_UA = 100_001", ("MAX_UA = 100001", "1000 to 100000", "compiled ceiling")),
        ("SMALLEST_ELECTRODE_MM2 = float('nan')", ("SMALLEST_ELECTRODE_MM2 = nan", "100 to 40000")),
        ("USB_ISOLATED = 'no'", ("USB_ISOLATED = no", "True or False")),
        ("FULL_SCALE_UA = 99_999", ("FULL_SCALE_UA = 99999", "at least MAX_UA = 100000")),
        ("del DEAD_TIME_US", ("DEAD_TIME_US = missing", "1 to 500")),
    ],
)
def test_a_board_that_widens_a_limit_is_refused(tmp_path, monkeypatch, line, parts):
    folder = tmp_path / "wide"
    folder.mkdir()
    (folder / "board.py").write_text((FOLDER / "nmes2" / "board.py").read_text() + f"\n{line}\n")
    monkeypatch.setenv("EVENPULSE_BOARDS", str(tmp_path))
    with pytest.raises(BadUsage) as caught:
        boards.load("wide")
    text = str(caught.value)
    assert all(part in text for part in (*parts, "board 'wide'", "correct board.py")), text


def test_a_board_that_tightens_one_is_not(tmp_path, monkeypatch):
    (tmp_path / "tight").mkdir()
    tighter = "MAX_UA = 30_000\nDEAD_TIME_US = 20\nSMALLEST_ELECTRODE_MM2 = 900\n"
    (tmp_path / "tight" / "board.py").write_text(
        (FOLDER / "nmes2" / "board.py").read_text() + tighter
    )
    monkeypatch.setenv("EVENPULSE_BOARDS", str(tmp_path))
    assert boards.load("tight")["MAX_UA"] == 30_000
