"""`evenpulse outputs`: what is refused, and its tables for people and programs."""

import csv
import datetime
import io
import json
import math
import re
from pathlib import Path

import pytest
from sample_prescription import GOOD_TOML, answered

from evenpulse.base import boards
from evenpulse.output_table import compute
from evenpulse.output_table.results import Measured
from evenpulse.prescription import file as prescription, template as prescription_template


def test_the_worked_example_is_refused(run, good_toml):
    text = (
        GOOD_TOML.replace("ch1_ma = 30.0", "ch1_ma = 100.0")
        .replace("phase_us = 100", "phase_us = 400")
        .replace("rate_pps = 80.0", "rate_pps = 120.0")
    )
    good_toml.write_text(text.replace("electrode_cm2 = 25.0", "electrode_cm2 = 40.0"))
    outcome = run("outputs", good_toml)
    assert outcome.code == 1
    assert "31200 nC a phase, here 40000 nC" in outcome.err and outcome.out == ""


def test_a_table_for_people(run, good_toml):
    outcome = run("outputs", good_toml)
    assert outcome.code == 0, outcome.err
    for words in (
        "Pain relief, channels 1 and 2",
        "500 Ω",
        "10 kΩ",
        "lead_off when 21 mA is asked for",
        "commonly quoted for IEC 60601-2-10",
        "not a certified medical device",
        "leakage",
        "patient override",
    ):
        assert words in outcome.out, words
    assert "the standard says" not in outcome.out


def test_less_than_asked_for_without_a_trip_is_told(run, good_toml):
    """14 mA into 10 kΩ would be 140 V: 100 V drive 10 mA, 71 % of it, which is no trip."""
    good_toml.write_text(GOOD_TOML.replace("30.0\nch2_ma = 30.0", "14.0\nch2_ma = 14.0"))
    out = run("outputs", good_toml).out
    (line,) = re.findall(r"^ends by itself at 10 kΩ .*$", out, re.M)
    assert "no, but 71 % of the 14 mA" in line
    assert out.count("all that flows") == 1


def test_json_has_values_limits_and_sources(run, good_toml):
    outcome = run("outputs", good_toml, "--json")
    assert outcome.code == 0, outcome.err
    told = json.loads(outcome.out)
    (mode,) = told["modes"]
    assert [load["ohm"] for load in mode["loads"]] == [500, 2000, 10000] and mode["channels"] == [
        1,
        2,
    ]
    rms = next(one for one in mode["limits"] if one["limit"].startswith("r.m.s. current, below"))
    assert (
        rms["inside"]
        and rms["most"] == 50
        and rms["value"] == pytest.approx(30 * math.sqrt(2 * 100e-6 * 80), rel=2e-3)
    )
    assert {one["confidence"] for one in mode["limits"]} == set(told["confidence"])
    assert told["differences"] == [] and mode["loads"][0]["measured"] == []


def test_csv_is_one_table(run, good_toml):
    outcome = run("outputs", good_toml, "--csv")
    rows = list(csv.DictReader(io.StringIO(outcome.out)))
    assert {row["load_ohm"] for row in rows} == {"500", "2000", "10000"}
    peak = [row for row in rows if row["quantity"] == "peak_ma"]
    assert [float(row["computed"]) for row in peak] == pytest.approx(
        [29.98, 29.98, 10], abs=0.01
    ) and all(row["measured"] == "" for row in peak)
    assert [row["computed"] for row in rows if row["quantity"] == "trip"] == [
        "none",
        "none",
        "lead_off",
    ]


def test_caps_that_differ_are_modes_of_their_own(run, good_toml):
    good_toml.write_text(GOOD_TOML.replace("ch2_ma = 30.0", "ch2_ma = 12.0"))
    modes = run("outputs", good_toml, "--json").json["modes"]
    assert [(one["channels"], one["cap_ma"]) for one in modes] == [([1], 30.0), ([2], 12.0)]
    assert [one["loads"][2]["computed_trip"] is not None for one in modes] == [True, False]


def test_a_page_that_loads_nothing(run, good_toml, tmp_path):
    page = tmp_path / "outputs.html"
    good_toml.write_text(GOOD_TOML.replace('"Pain relief"', '"<b>Pain & Co"'))
    outcome = run("outputs", good_toml, "-o", page)
    assert outcome.code == 0, outcome.err
    text = page.read_text()
    assert not re.search(r"(src|href)=|url\(|@import|<script", text)
    assert "&lt;b&gt;Pain &amp; Co" in text and "<b>Pain" not in text
    assert text.count("<svg") == 2 and "not a certified medical device" in text
    again = run("outputs", good_toml, "-o", page)
    assert again.code == 2 and "already there" in again.err
    assert run("outputs", good_toml, "-o", page, "--force").code == 0


@pytest.mark.parametrize("name", boards.names())
def test_every_board_has_a_table_or_says_what_it_lacks(run, tmp_path, name):
    file = tmp_path / "rx.toml"
    file.write_text(prescription_template.text(boards.load(name), datetime.date(2026, 11, 22)))
    answered(file)
    outcome = run("outputs", file, "--board", name, "--json")
    if outcome.code == 0:
        assert json.loads(outcome.out)["board"] == name
    else:
        lacks = re.search(rf"error: board {name} has no (\w+)\n", outcome.err)
        assert outcome.code == 2 and not boards.load(name).get(lacks[1])


WRONG = [
    (["--json", "--csv"], 2, "two formats"),
    (["--board", "nmse2"], 2, "use 'nmes2'?"),
    (["-o", "no/such/folder/x.html"], 2, "there is no folder"),
    (["--board", "bare"], 2, "no OUTPUT_STAGE"),
]


@pytest.mark.parametrize(("arguments", "code", "words"), WRONG, ids=[row[2] for row in WRONG])
def test_what_cannot_be_asked(run, good_toml, monkeypatch, tmp_path, arguments, code, words):
    facts = (boards.folder() / "nmes2" / "board.py").read_text()
    for name, more in (("nmes2", ""), ("bare", "\nOUTPUT_STAGE = False\n")):
        (tmp_path / "boards" / name).mkdir(parents=True)
        (tmp_path / "boards" / name / "board.py").write_text(
            facts.replace('"nmes2"', f'"{name}"') + more
        )
    monkeypatch.setenv("EVENPULSE_BOARDS", str(tmp_path / "boards"))
    monkeypatch.chdir(tmp_path)
    outcome = run("outputs", good_toml, *arguments)
    assert outcome.code == code, outcome.err
    assert words in outcome.err and "unexpected" not in outcome.err and outcome.out == ""


def test_a_difference_is_told_and_is_1(run, good_toml, monkeypatch):
    """A chip that gave 2 % less than computed, a gap 2 clocks longer and no trip: each is named."""
    from evenpulse.output_table import measured

    rx = prescription.read(good_toml, "nmes2")

    class Off:
        def __init__(self, rx, board_name):
            self._board = boards.load(board_name)

        def program(self, number, events):
            rows = []
            for ohm in compute.LOADS_OHM:
                got = dict(
                    compute.at_load(rx["programs"][0], 30_000, 2_500, self._board, ohm).values
                )
                if ohm == 2_000:
                    got["peak_ma"] *= 0.98
                    got["gap_us"] += 0.016
                rows += [
                    Measured(channel, ohm, got, 100, 2 if ohm == 2_000 else 1) for channel in (1, 2)
                ]
            return rows, []

    monkeypatch.setattr(measured, "Bench", Off)
    outcome = run("outputs", good_toml, "--measure", "--no-circuit")
    assert outcome.code == 1
    for words in (
        "2000 Ω: peak_ma computed 29.9805, measured 29.3809",
        "2000 Ω: gap_us",
        "differs by 2 clocks",
        "10000 Ω: computed lead_off, measured no trip",
    ):
        assert words in outcome.err, outcome.err
    assert "500 Ω: peak_ma" not in outcome.err and "maximum current" in outcome.out


@pytest.mark.parametrize("flag", ["--circuit", "--no-circuit"])
def test_how_to_measure_is_refused_where_nothing_is_measured(run, good_toml, flag):
    outcome = run("outputs", good_toml, flag)
    assert outcome.code == 2 and f"{flag} says how to measure" in outcome.err
    assert "add --measure" in outcome.err and not outcome.out


def test_the_page_says_of_the_samples_what_the_firmware_does(run, good_toml):
    """The shares are shifts in the firmware's judge of samples."""
    judge = (Path(__file__).parents[2] / "firmware" / "hal" / "judged.py").read_text()
    shares = {"2": "a quarter", "3": "an eighth", "4": "a sixteenth"}
    above = shares[re.search(r"\(expected >> (\d)\) \+ _ABOVE_COUNTS", judge)[1]]
    apart = shares[re.search(r"apart > \(value >> (\d)\) \+ slack", judge)[1]]
    told = run("outputs", good_toml).out
    assert f"above the asked current by {above} and 1 mA" in told
    assert f"a difference of {apart} trips" in told
