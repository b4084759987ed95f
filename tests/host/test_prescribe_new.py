"""`evenpulse prescribe new`: valid on the day it is written, whichever that is, for every board
and with every preset.
"""

import datetime
import tomllib

import pytest
from sample_prescription import NOW

from evenpulse.base import boards
from evenpulse.prescription import file as prescription, template as prescription_template
from stimcore.presets import PRESETS

DAYS = [
    datetime.date.fromisoformat(day)
    for day in ("2026-11-22", "2028-02-29", "2038-01-20", "2099-06-01", "2099-12-31")
]
NOBODYS = "a serial"


@pytest.mark.parametrize("preset", [None, *PRESETS])
@pytest.mark.parametrize("board", boards.names())
def test_it_is_within_every_limit_of_its_board(run, tmp_path, board, preset):
    file = tmp_path / "rx.toml"
    outcome = run(
        "prescribe", "new", file, "--board", board, *(["--preset", preset] if preset else [])
    )
    assert outcome.code == 0 and outcome.out == f"{file}\n", outcome.err
    rx = prescription.read(file, board)
    if preset:
        given = PRESETS[preset]["values"]
        assert {name: rx["programs"][0].get(name) for name in given} == given


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_a_device_takes_it_from_its_day_to_its_last(tmp_path, day):
    file = tmp_path / "rx.toml"
    file.write_text(prescription_template.text(boards.load("nmes2"), day))
    rx = prescription.read(file, "nmes2")
    last = datetime.date.fromisoformat(rx["expires"])
    assert last == min(day + datetime.timedelta(90), datetime.date(2099, 12, 31))
    for today in (day, last):
        prescription.check_for_device(file, rx, NOBODYS, today)
    if last.year < 2099:
        with pytest.raises(prescription.BadPrescription, match="expires"):
            prescription.check_for_device(file, rx, NOBODYS, last + datetime.timedelta(1))


def test_it_is_issued_today(run, tmp_path):
    run("prescribe", "new", tmp_path / "rx.toml")
    assert tomllib.loads((tmp_path / "rx.toml").read_text())["issued"] == NOW.date()


def test_nothing_is_replaced(run, tmp_path):
    file = tmp_path / "rx.toml"
    file.write_text("mine")
    outcome = run("prescribe", "new", file)
    assert outcome.code == 2 and "already there" in outcome.err and file.read_text() == "mine"


def test_an_unknown_preset_names_those_there_are(run, tmp_path):
    outcome = run("prescribe", "new", tmp_path / "rx.toml", "--preset", "pain")
    assert outcome.code == 2 and "pain-burst" in outcome.err and not list(tmp_path.iterdir())
