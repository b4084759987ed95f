"""`evenpulse twin new` and `twin check`: what is written is valid as it stands, explains
everything, and replaces nothing.
"""

import json
import re
import tomllib

import pytest

from evenpulse.base import boards
from evenpulse.prescription import file as prescription
from evenpulse.scenario import file as scenario
from evenpulse.scenario.events import EVENTS, Kind
from stimcore import fields


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def new(run, *arguments):
    outcome = run("twin", "new", *arguments)
    assert outcome.code == 0, outcome.err
    return outcome


def keys_of(rows):
    return {row[0] for row in rows} | {
        inner[0]
        for row in rows
        if isinstance(row[3], tuple) and isinstance(row[3][0], tuple)
        for inner in row[3]
    }


def test_both_files_are_valid_as_they_stand(run, here):
    assert new(run, "--prescription").out.split() == ["scenario.toml", "prescription.toml"]
    outcome = run("twin", "check", "scenario.toml")
    assert outcome.code == 0, outcome.err
    assert "First program" in outcome.out and "can be played" in outcome.err
    assert run("prescribe", "check", "prescription.toml").code == 0
    assert "written for a twin, which treats nobody" in (here / "prescription.toml").read_text()


@pytest.mark.parametrize("name", boards.names())
def test_they_are_valid_for_every_board(run, here, name):
    new(run, "mine.toml", "--board", name, "--prescription")
    read = scenario.read(here / "mine.toml")
    assert read.board == name
    prescription.read(read.prescription, name)


def test_every_event_and_every_key_is_explained(run, here):
    new(run, "--prescription")
    text = (here / "scenario.toml").read_text()
    for name, kind in EVENTS.items():
        (line,) = re.findall(rf"^## {name}: .*$", text, re.M)
        assert all(key in line for key in (*kind.must, *kind.may))
    for key in (
        "board",
        "prescription",
        "until_ms",
        "ch1_ohm",
        "ch2_skin_ohm",
        "ch1_skin_nf",
        "at_ms",
        "do",
    ):
        assert re.search(rf"^(# )?{key} = ", text, re.M)
    rx = (here / "prescription.toml").read_text()
    for key in (
        keys_of(fields.TOP)
        | keys_of(fields.CAPS)
        | keys_of(fields.PROGRAM)
        | {"contraindications_excluded", "sensation_tested"}
    ):
        assert re.search(rf"(^|[ {{]){key} = ", rx, re.M), key


@pytest.mark.parametrize(
    "name,parameter",
    [(name, one) for name, kind in EVENTS.items() for one in (*kind.must, *kind.may)],
)
def test_every_parameter_of_an_event_has_its_range(run, here, name, parameter):
    """A table is none of them: where no range is asked for, it would be taken."""
    new(run, "--prescription")
    values = {**EVENTS[name].example, "at_ms": 100, "do": name, parameter: {}}
    event = "".join(
        f"{key} = {json.dumps(value) if value else value}\n" for key, value in values.items()
    )
    head = (here / "scenario.toml").read_text().partition("[[event]]")[0]
    (here / "scenario.toml").write_text(f"{head}[[event]]\n{event}")
    outcome = run("twin", "check", "scenario.toml")
    assert outcome.code == 2 and f"{parameter} = " in outcome.err, outcome.err


def test_an_event_whose_parameter_has_no_range_is_none():
    with pytest.raises(ValueError, match=r"parameter times of bounce has no row.*parameters\.py"):

        def bounce(run, button, times):
            """Of no scenario."""

        Kind("a contact bounces", bounce)


# What must have happened before it.
BEFORE = {
    "stop_close": "stop_open",
    "usb_unplug": "usb_plug",
    "forged": "usb_plug",
    "power_on": "power_off",
}


@pytest.mark.parametrize("name", EVENTS)
def test_each_event_in_comments_can_be_taken(run, here, name):
    new(run, "--prescription")
    text = (here / "scenario.toml").read_text()
    (block,) = re.findall(rf"^## {name}: .*\n((?:# .*\n)+)", text + "\n", re.M)
    taken = re.sub(r"^# ", "", block, flags=re.M)
    needs = BEFORE.get(name)
    before = f'[[event]]\nat_ms = 3000\ndo = "{needs}"\n' if needs else ""
    (here / "scenario.toml").write_text(text + "\n" + before + taken)
    assert run("twin", "check", "scenario.toml").code == 0
    assert tomllib.loads(taken)["event"][0]["do"] == name


def test_all_events_at_once_can_be_taken(run, here):
    new(run, "--prescription")
    path = here / "scenario.toml"
    head, tail = path.read_text().split("# Every event there is", 1)
    path.write_text(head + re.sub(r"^# (?=\[|[a-z_]+ = )", "", tail.split("\n", 1)[1], flags=re.M))
    told = run("twin", "check", path, "--json").json
    assert {one["do"] for one in told["events"]} == set(EVENTS)


def test_what_is_written_plays(run, here):
    new(run, "--prescription")
    outcome = run("twin", "run", "scenario.toml", "--out", "out", "--json")
    assert outcome.code == 0, outcome.err
    told = json.loads(outcome.out)
    assert [trip["reason"] for trip in told["trips"]] == ["stop_pressed"]
    assert told["1"]["peak_ma"] == pytest.approx(3, abs=0.03) and told["1"]["imbalance_clocks"] == 0


@pytest.mark.parametrize("there", ["scenario.toml", "prescription.toml"])
def test_nothing_is_replaced(run, here, there):
    (here / there).write_text("mine")
    outcome = run("twin", "new", "--prescription")
    assert outcome.code == 2
    assert f"{there} is already there" in outcome.err and "--force" not in outcome.err
    assert [path.name for path in here.iterdir()] == [there] and (
        here / there
    ).read_text() == "mine"


def test_without_a_prescription_it_says_so(run, here):
    assert "no prescription.toml beside it yet" in new(run).err
    outcome = run("twin", "check", "scenario.toml")
    assert outcome.code == 2
    assert "scenario.toml:5: prescription = 'prescription.toml': there is no file" in outcome.err


WRONG = [
    (["twin", "new", "--board", "nmse2"], 2, "use 'nmes2'?"),
    (["twin", "new", "prescription.toml", "--prescription"], 2, "choose another name"),
    (["twin", "new", "no/folder/x.toml"], 1, "cannot write"),
    (["twin", "check", "none.toml"], 2, "cannot be read"),
]


@pytest.mark.parametrize(("arguments", "code", "words"), WRONG, ids=[row[2] for row in WRONG])
def test_what_cannot_be_asked(run, here, arguments, code, words):
    outcome = run(*arguments)
    assert outcome.code == code
    assert words in outcome.err and "unexpected" not in outcome.err and outcome.out == ""


def test_check_names_a_mistake_in_the_prescription_with_its_own_line(run, here):
    new(run, "--prescription")
    path = here / "prescription.toml"
    text = path.read_text().replace("ch2_ma = 20.0", "ch2_ma = 120.0")
    path.write_text(text)
    line = next(number for number, row in enumerate(text.split("\n"), 1) if "120.0" in row)
    outcome = run("twin", "check", "scenario.toml")
    assert outcome.code == 1
    assert outcome.err.startswith(
        f"error: prescription.toml:{line}: caps.ch2_ma = 120.0 is refused: 0.0 to 100.0 (compiled "
        f"ceiling"
    )
