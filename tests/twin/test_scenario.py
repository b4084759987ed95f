"""Scenario files: what is accepted, to the clock, and one clear message for everything else."""

import pytest
from sample_scenarios import HEAD, event

from evenpulse.base.errors import BadUsage
from evenpulse.scenario import file as scenario
from evenpulse.scenario.events import EVENTS


@pytest.fixture
def write(tmp_path, prescription):
    def _write(*events, head=HEAD.format(until_ms=8000)):
        path = tmp_path / "scenario.toml"
        path.write_text(head + "".join(events))
        return path

    return _write


def test_every_event_of_the_design_is_read(write):
    """As this list has them; that any row of the table can be read, tests/host/test_twin_new.py
    holds.
    """
    events = [
        event(1, "press", button="UP"),
        event(2, "hold", button="START", for_ms=1200),
        event(3, "lead_off", channel=1),
        event(4, "lead_on"),
        event(5, "short", channel=2),
        event(6, "stop_open"),
        event(7, "stop_close"),
        event(8, "overcurrent"),
        event(9, "usb_plug"),
        event(10, "usb_unplug"),
        event(11, "supply_mv", mv=4000),
        event(12, "freeze_cpu", for_ms=5),
        event(30, "crash", kind="hardfault"),
        event(31, "soft_reset"),
        event(32, "stuck_high", pin="CH1_A", for_ms=2),
        event(33, "poke", address=0x40058000, value=0x80000000),
        event(34, "crash", kind="exception"),
        event(35, "advance", minutes=90),
        event(36, "load", channel=1, ohm=2000, skin_ohm=500, skin_nf=100),
        event(37, "dry", channel=2),
        event(38, "adc_stuck", channel=1, mv=0, for_ms=5),
        event(39, "power_off"),
        event(40, "power_on"),
        event(41, "usb_plug"),
        event(42, "forged"),
    ]
    read = scenario.read(write(*events))
    assert len(read.events) == len(events)
    for one, text in zip(read.events, events, strict=True):
        assert f'do = "{one.do}"' in text and one.do in EVENTS
    assert (read.until_clock, read.load) == (1_000_000_000, {"ch1_ohm": 500.0})


@pytest.mark.parametrize(
    "at_ms,clock",
    [
        ("0", 0),
        ("0.000008", 1),
        ("1.000016", 125_002),
        ("7999.999992", 999_999_999),
        ("0.3", 37_500),
    ],
)
def test_a_fraction_of_a_millisecond_counts_to_the_clock(write, at_ms, clock):
    read = scenario.read(write(f'[[event]]\nat_ms = {at_ms}\ndo = "overcurrent"\n'))
    assert read.events[0].clock == clock


BAD_EVENTS = [
    ('at_ms = 1\ndo = "jump"', ["event 1", '"jump"', "press", "poke"], 8),
    ("at_ms = 1", ["event 1", "do is missing"], 6),
    ('do = "press"\nbutton = "UP"', ["event 1 (press)", "at_ms is missing"], 6),
    ('at_ms = 1\ndo = "press"', ["button is missing"], 6),
    ('at_ms = 1\ndo = "press"\nbutton = "STRAT"', ["button", '"STRAT"', "START", "SELECT"], 9),
    ('at_ms = 1\ndo = "press"\nbutton = 3', ["button", "3"], 9),
    ('at_ms = 1\ndo = "press"\nbutton = "UP"\nfor_s = 1', ["unknown key 'for_s'", "for_ms"], 10),
    ('at_ms = "1"\ndo = "overcurrent"', ["at_ms", '"1"', "not a number"], 7),
    ('at_ms = -1\ndo = "overcurrent"', ["at_ms", "-1", "0 to"], 7),
    ('at_ms = nan\ndo = "overcurrent"', ["at_ms", "not a number"], 7),
    ('at_ms = true\ndo = "overcurrent"', ["at_ms", "not a number"], 7),
    ('at_ms = 8000\ndo = "overcurrent"', ["at_ms", "until_ms"], 7),
    ('at_ms = 1\ndo = "hold"\nbutton = "UP"\nfor_ms = 0', ["for_ms", "above 0"], 10),
    ('at_ms = 1\ndo = "lead_off"\nchannel = 3', ["channel", "3", "1, 2"], 9),
    ('at_ms = 1\ndo = "supply_mv"\nmv = 1.5', ["mv", "1.5", "whole"], 9),
    ('at_ms = 1\ndo = "supply_mv"\nmv = 99999', ["mv", "99999", "0 to 20000"], 9),
    ('at_ms = 1\ndo = "crash"\nkind = "boom"', ["kind", '"boom"', "exception, hardfault"], 9),
    ('at_ms = 1\ndo = "stuck_high"\npin = "CH9"', ["pin", '"CH9"', "CH1_A"], 9),
    ('at_ms = 1\ndo = "poke"\naddress = 2\nvalue = 0', ["address", "multiple of 4"], 9),
    ('at_ms = 1\ndo = "poke"\naddress = 0\nvalue = 4294967296', ["value", "4294967295"], 10),
    ('at_ms = 1\ndo = "advance"\nminutes = 0', ["minutes", "above 0"], 9),
    ('at_ms = 1\ndo = "advance"\nminutes = 7201', ["minutes", "7200"], 9),
    ('at_ms = 1\ndo = "short"\nohm = -5', ["ohm", "-5"], 9),
]


@pytest.mark.parametrize("text,words,line", BAD_EVENTS)
def test_a_bad_event_is_named_with_its_line(write, text, words, line):
    with pytest.raises(BadUsage) as refused:
        scenario.read(write(f"[[event]]\n{text}\n"))
    message = str(refused.value)
    assert f"scenario.toml:{line}: event 1" in message
    assert all(word in message for word in words), message


def _head(**changes):
    lines = {"board": '"nmes2"', "prescription": '"pain.toml"', "until_ms": "8000", **changes}
    return "".join(f"{key} = {value}\n" for key, value in lines.items() if value is not None)


@pytest.mark.parametrize(
    "head,words",
    [
        (_head(board=None), ["board is missing"]),
        (_head(board='"nmes9"'), ["'nmes9'", "nmes2"]),
        (_head(board="7"), ["board", "7", "not a text"]),
        (_head(prescription=None), ["prescription is missing"]),
        (_head(prescription='"none.toml"'), ["none.toml", "no file"]),
        (_head(until_ms=None), ["until_ms is missing"]),
        (_head(until_ms="0"), ["until_ms", "above 0"]),
        (_head(until_ms="inf"), ["until_ms", "not a number"]),
        (_head(speed="2"), ["unknown key 'speed'"]),
        (_head(load="3"), ["load", "not a table"]),
        (_head(circuit="1"), ["circuit = 1", "not true or false", ":4"]),
        (_head(board='"zero1"', circuit="true"), ["board zero1 has no circuit", ":4"]),
        (_head(event="3"), ["event", "not a list"]),
        (_head() + "[load]\nch3_ohm = 500\n", ["ch3_ohm", "ch1_ohm"]),
        (_head() + "[load]\nch1_ohm = -1\n", ["ch1_ohm", "-1"]),
        ("board = \n", ["not valid TOML", "line 1"]),
    ],
)
def test_a_bad_head_is_named(write, head, words):
    with pytest.raises(BadUsage) as refused:
        scenario.read(write(head=head))
    message = str(refused.value)
    assert "scenario.toml" in message and "Traceback" not in message
    assert all(word in message for word in words), message


@pytest.mark.parametrize(
    "first,second",
    [
        (event(100, "hold", button="UP", for_ms=500), event(300, "press", button="UP")),
        (event(100, "press", button="UP"), event(199, "press", button="UP")),
        (event(100, "stop_open"), event(300, "stop_open")),
        (event(100, "usb_plug"), event(300, "usb_plug")),
        (event(100, "freeze_cpu"), event(300, "freeze_cpu", for_ms=1)),
        (event(100, "stuck_high", pin="CH1_A"), event(300, "stuck_high", pin="CH1_A")),
        (event(100, "supply_mv", mv=4000), event(100, "supply_mv", mv=5000)),
        (event(100, "lead_off"), event(100, "short", channel=2)),
    ],
)
def test_two_events_that_clash_are_both_named(write, first, second):
    with pytest.raises(BadUsage) as refused:
        scenario.read(write(first, second))
    assert all(word in str(refused.value) for word in ("event 2", "event 1", "clashes", "100")), (
        refused.value
    )


@pytest.mark.parametrize("only", ["stop_close", "usb_unplug"])
def test_an_event_that_changes_nothing_clashes_with_the_start(write, only):
    with pytest.raises(BadUsage, match="how the timeline begins"):
        scenario.read(write(event(5, only)))


# "# here" marks the line to blame
PLANTED = [
    'board = "nmes2"\nprescription = "pain.toml"\nuntil_ms = 8000\nspeed = 2 # here\n',
    'board = "nmes9" # here\nprescription = "pain.toml"\nuntil_ms = 8000\n',
    'board = "nmes2"\nprescription = "none.toml" # here\nuntil_ms = 8000\n',
    'board = "nmes2"\nprescription = "pain.toml"\nuntil_ms = -1 # here\n',
    (
        'board = "nmes2"\nprescription = "pain.toml"\nuntil_ms = 8000\n[load]\nch1_ohm = 500\n'
        "ch3_ohm "
        "= 500 # here\n"
    ),
    (
        'board = "nmes2"\nprescription = "pain.toml"\nuntil_ms = 8000\n[load]\nch1_ohm = "500" # '
        "here\n"
    ),
    (
        'board = "nmes2"\nprescription = "pain.toml"\nuntil_ms = 8000\nevent = [{ at_ms = 1, do = '
        '"jump" }] # here\n'
    ),
    'board = "nmes2"\nprescription = "pain.toml"\nuntil_ms = 8000\nuntil_ms = 9000 # here\n',
    HEAD.format(until_ms=8000)
    + event(1, "stop_open")
    + '[[event]]\nat_ms = 2\ndo = "press"\nbuton = "UP" # here\n',
    HEAD.format(until_ms=8000)
    + event(1, "stop_open")
    + '[[event]] # here\nat_ms = 2\ndo = "press"\n',
    HEAD.format(until_ms=8000)
    + event(1, "stop_open")
    + '# a comment\n\n[[event]] # here\nat_ms = 2\ndo = "stop_open"\n',
    HEAD.format(until_ms=8000)
    + event(1, "stop_open")
    + '[[event]]\nchannel = 7 # here\nat_ms = 2\ndo = "lead_off"\n',
    HEAD.format(until_ms=8000) + '[[event]]\nat_ms = 8000.5 # here\ndo = "overcurrent"\n',
    HEAD.format(until_ms=8000) + '[[event]]\nat_ms = -0.5 # here\ndo = "overcurrent"\n',
]


@pytest.mark.parametrize("text", PLANTED)
def test_a_mistake_is_told_with_its_line(write, text):
    (line,) = [number for number, row in enumerate(text.split("\n"), 1) if "# here" in row]
    with pytest.raises(BadUsage) as refused:
        scenario.read(write(head=text))
    assert f"scenario.toml:{line}: " in str(refused.value), refused.value
    assert "next: " in str(refused.value)


def test_a_channel_that_the_board_does_not_have_names_the_board(write):
    with pytest.raises(BadUsage, match=r"use one of: 1, 2 \(board nmes2\)"):
        scenario.read(write(event(1, "lead_off", channel=3)))


def test_events_of_different_buttons_and_one_after_another_do_not_clash(write):
    scenario.read(
        write(
            event(100, "press", button="UP"),
            event(150, "press", button="DOWN"),
            event(200, "press", button="UP"),
        )
    )


def test_a_scenario_that_is_not_there(tmp_path):
    with pytest.raises(BadUsage, match="cannot be read"):
        scenario.read(tmp_path / "nothing.toml")
