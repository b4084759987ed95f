"""`evenpulse prescribe new`: nothing but its check-list stands against it on the day it is written,
whichever that is, for every board and with every preset; and that only a person answers.
"""

import datetime
import tomllib

import pytest
from sample_prescription import NOW, answered

from evenpulse.base import boards
from evenpulse.prescription import file as prescription, template as prescription_template
from stimcore.prescription import CHECKS
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
    answered(file)
    rx = prescription.read(file, board)
    if preset:
        given = PRESETS[preset]["values"]
        assert {name: rx["programs"][0].get(name) for name in given} == given


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_a_device_takes_it_from_its_day_to_its_last(tmp_path, day):
    file = tmp_path / "rx.toml"
    file.write_text(prescription_template.text(boards.load("nmes2"), day))
    answered(file)
    rx = prescription.read(file, "nmes2")
    last = datetime.date.fromisoformat(rx["expires"])
    assert last == min(day + datetime.timedelta(90), datetime.date(2099, 12, 31))
    for today in (day, last):
        prescription.check_for_device(file, rx, NOBODYS, today)
    if last.year < 2099:
        with pytest.raises(prescription.BadPrescription, match="expires"):
            prescription.check_for_device(file, rx, NOBODYS, last + datetime.timedelta(1))


# What would take it to a device, or play it.
TAKES = [
    ("prescribe", "check"),
    ("prescribe", "show"),
    ("prescribe", "sign", "--key", "clinic.key"),
    ("outputs",),
    ("bench", "run", "--port", "twin@bench:"),
    ("twin", "web"),
]


@pytest.mark.parametrize("words", TAKES, ids=" ".join)
def test_it_is_refused_until_a_person_answers_its_check_list(
    run, clinic, tmp_path, monkeypatch, words
):
    monkeypatch.chdir(clinic)
    file = tmp_path / "rx.toml"
    assert "answers the two [checks]" in run("prescribe", "new", file).err
    outcome = run(*words, file)
    assert outcome.code == 1 and not outcome.out, outcome
    assert outcome.err.count("make the check, then write true") in (1, 2), outcome.err
    assert "checks.contraindications_excluded = false is refused" in outcome.err
    assert not list(tmp_path.glob("*.signed"))


@pytest.mark.parametrize("name", CHECKS)
def test_each_of_the_two_must_be_answered(run, tmp_path, name):
    file = tmp_path / "rx.toml"
    run("prescribe", "new", file)
    assert "who prescribes makes both" in file.read_text()
    answered(file)
    assert run("prescribe", "check", file).code == 0
    file.write_text(file.read_text().replace(f"{name} = true", f"{name} = false"))
    outcome = run("prescribe", "check", file)
    assert outcome.code == 1 and f"checks.{name} = false is refused" in outcome.err


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
