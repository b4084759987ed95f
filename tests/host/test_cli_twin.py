"""`evenpulse twin`: a scenario played and a port served, by the commands a person types."""

import json

import pytest
from served_twin import ServedTwin

SCENARIO = """\
board = "nmes2"
prescription = "good.toml"
until_ms = 2600
[[event]]
at_ms = 200
do = "hold"
button = "START"
for_ms = 1200
[[event]]
at_ms = 1800
do = "press"
button = "UP"
[[event]]
at_ms = 2300
do = "stop_open"
"""


@pytest.fixture
def scenario(tmp_path, good_toml):
    path = tmp_path / "scenario.toml"
    path.write_text(SCENARIO)
    return path


def test_run_prints_what_it_wrote(run, scenario, tmp_path):
    outcome = run("twin", "run", scenario, "--out", tmp_path / "out", "--json")
    assert outcome.code == 0, outcome.err
    told = json.loads(outcome.out)
    assert told == json.loads((tmp_path / "out" / "summary.json").read_text())
    assert told["exit_state"] == "FAULT"
    assert told["1"]["pulses"] > 0


def test_run_prints_a_table_for_people(run, scenario, tmp_path):
    outcome = run("twin", "run", scenario, "--out", tmp_path / "out")
    assert outcome.code == 0, outcome.err
    rows = [line.split() for line in outcome.out.splitlines()]
    assert ["exit_state", "FAULT"] in rows
    assert ["channel", "pulses", "delivered_uc", "peak_ma", "imbalance_clocks"] in rows
    assert [row[:2] for row in rows if row[:1] == ["1"]][-1] == ["1", "interlock_open"], (
        "stop_open without the button"
    )
    assert str(tmp_path / "out") in outcome.err


BAD = [
    (
        "an event nobody knows",
        ('"stop_open"', '"stop_opened"'),
        2,
        ["event 3", "stop_opened", "stop_open"],
    ),
    (
        "a prescription out of limits",
        ('"good.toml"', '"over.toml"'),
        1,
        ["over.toml", "caps.ch1_ma = 101"],
    ),
    (
        "a prescription that is not there",
        ('"good.toml"', '"none.toml"'),
        2,
        ["none.toml", "relative to the scenario"],
    ),
    ("an unknown board", ('board = "nmes2"', 'board = "nmes8"'), 2, ["nmes8", "nmes2"]),
    ("broken TOML", ("[[event]]", "[[event]"), 2, ["scenario.toml", "line 4"]),
]


@pytest.mark.parametrize(
    ("edit", "code", "mentions"), [row[1:] for row in BAD], ids=[row[0] for row in BAD]
)
def test_a_bad_scenario_leaves_nothing(run, scenario, good_toml, tmp_path, edit, code, mentions):
    (tmp_path / "over.toml").write_text(
        good_toml.read_text().replace("ch1_ma = 30.0", "ch1_ma = 101")
    )
    assert edit[0] in SCENARIO
    scenario.write_text(SCENARIO.replace(*edit))
    outcome = run("twin", "run", scenario, "--out", tmp_path / "out")
    assert outcome.code == code
    for text in mentions:
        assert text in outcome.err
    assert "unexpected" not in outcome.err
    assert not (tmp_path / "out").exists()


@pytest.fixture
def served(run, tmp_path, clinic):
    """`evenpulse twin serve` in a process of its own, trusting the clinic: its port and the
    folder of its flash.
    """
    folder = tmp_path / "flash"
    assert run("keys", "install", clinic / "clinic.pub", "--port", f"twin:{folder}").code == 0
    with ServedTwin("--state", folder) as twin:
        yield twin, folder


def test_a_served_twin_is_a_port_like_any_other(run, served, good_signed, monkeypatch):
    twin, folder = served
    monkeypatch.setattr("evenpulse.link.client.TIMEOUT_S", 10.0)
    monkeypatch.setattr("evenpulse.link.client._POLL_S", 0.25)

    def hold_select(text):
        if "hold SELECT" in text:
            twin.press("Select", 1_500)

    monkeypatch.setattr("evenpulse.cli.configure.note", hold_select)
    configured = run("configure", good_signed, "--port", twin.port)
    assert configured.code == 0, configured.err
    assert twin.end() == 130
    told = run("info", "--port", f"twin:{folder}", "--json")
    assert json.loads(told.out)["programs"] == ["Pain relief"], "its flash was kept"


def test_a_line_that_presses_nothing_is_explained(served):
    twin, _ = served
    line = twin.answer_to("PANIC\n\nSELECT\n")
    assert "such as SELECT 1500" in line and "START, STOP, UP, DOWN, SELECT" in line


def test_a_port_that_is_taken(run, served):
    outcome = run("twin", "serve", "--tcp", served[0].port.removeprefix("socket://"))
    assert outcome.code == 5
    assert "cannot listen" in outcome.err
    assert "choose another port" in outcome.err
