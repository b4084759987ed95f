"""Board files: pins.csv says what board.py says, and what the firmware relies on holds for every board."""

import csv
from pathlib import Path

import pytest
from evenpulse import boards
from evenpulse.errors import BadUsage

FOLDER = Path(__file__).parents[2] / "boards"
SECTOR, FLASH, STORAGE, FILESYSTEM = 4096, 0x200000, 0x100000, 0x80000
GUARDED = ("CH1_A", "CH1_B", "CH2_A", "CH2_B", "HV_EN")


@pytest.mark.parametrize("name", boards.names())
def test_pins_csv_is_board_py(name):
    with (FOLDER / name / "pins.csv").open() as file:
        rows = {row[0]: row[1] for row in csv.reader(file) if row and row[0]}
    pins = boards.load(name)["PINS"]
    assert {role: rows.get(role) for role in pins} == {role: f"GPIO{row[0]}" for role, row in pins.items()}


@pytest.mark.parametrize("name", boards.names())
def test_no_gpio_is_used_twice_and_the_guarded_ones_are_consecutive(name):
    pins = boards.load(name)["PINS"]
    gpios = [row[0] for row in pins.values()]
    assert len(set(gpios)) == len(gpios) and all(0 <= gpio < 30 for gpio in gpios)
    first = pins["CH1_A"][0]
    assert [pins[role][0] for role in GUARDED] == list(range(first, first + 5))
    assert all(pins[role][3] == 0 and pins[role][4] == "down" for role in GUARDED)


@pytest.mark.parametrize("name", boards.names())
def test_the_amplitudes_have_pwm_slices_of_their_own(name):
    pins = boards.load(name)["PINS"]
    used = [pins[role][0] >> 1 & 7 for role, row in pins.items() if row[1] == "pwm"]
    assert len(set(used)) == len(used)


@pytest.mark.parametrize("name", boards.names())
def test_raw_flash_areas_lie_behind_the_filesystem_and_apart(name):
    board = boards.load(name)
    areas = sorted((board[f"{what}_OFFSET"], board[f"{what}_BYTES"]) for what in ("PRESCRIPTION", "KEYS", "COUNTER", "JOURNAL", "CALIBRATION"))
    at = STORAGE + FILESYSTEM
    for offset, size in areas:
        assert offset >= at and offset % SECTOR == size % SECTOR == 0
        at = offset + size
    assert at <= FLASH


@pytest.mark.parametrize("line, parts", [
    ("MAX_UA = 100_001", ("MAX_UA = 100001", "1000 to 100000", "compiled ceiling")),
    ("SMALLEST_ELECTRODE_MM2 = float('nan')", ("SMALLEST_ELECTRODE_MM2 = nan", "100 to 40000")),
    ("USB_ISOLATED = 'no'", ("USB_ISOLATED = no", "True or False")),
    ("FULL_SCALE_UA = 99_999", ("FULL_SCALE_UA = 99999", "at least MAX_UA = 100000")),
    ("del DEAD_TIME_US", ("DEAD_TIME_US = missing", "1 to 500")),
])
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
    (tmp_path / "tight" / "board.py").write_text((FOLDER / "nmes2" / "board.py").read_text() + tighter)
    monkeypatch.setenv("EVENPULSE_BOARDS", str(tmp_path))
    assert boards.load("tight")["MAX_UA"] == 30_000
