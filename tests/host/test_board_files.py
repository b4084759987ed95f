"""Board files: pins.csv says what board.py says, and what the firmware relies on holds for every board."""

import csv
from pathlib import Path

import pytest
from evenpulse import boards

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
