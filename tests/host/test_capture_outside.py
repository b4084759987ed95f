"""What outputs do where no train is measured: found too, and nothing else is called wrong."""

import json

import capture_files as files
import pytest
from capture_files import Analyser
from captures_of import PAIN, session, toml

from evenpulse.capture import edges

US, MS = 1_000.0, 1_000_000.0
HIGH_INTERLOCK = "an output is high while INTERLOCK_N is low"
HIGH_HV_EN = "a leg is high while HV_EN is low"


@pytest.fixture(scope="module")
def waves():
    return session()


@pytest.fixture
def verify(run, tmp_path):
    def _verify(waves, *options, program=PAIN, names=None):
        rx = tmp_path / "rx.toml"
        rx.write_text(toml(program))
        path = files.write(tmp_path, "vcd", Analyser(24e6), waves, names)
        done = run("verify", rx, path, "--json", *options)
        return done.code, json.loads(done.out) if done.out else {}, done.err

    return _verify


def line(waves, role, first, *ns):
    """Another line of the board: its level at the beginning, its edges."""
    waves = waves.copy()
    waves.first = {**waves.first, role: first}
    waves.ns[role] = list(ns)
    return waves


def without_stop(waves):
    return line(line(waves, "HV_EN", 1), "INTERLOCK_N", 1)


def low_in_each(waves, role):
    """For 1 µs within each pulse of channel 1, which goes on."""
    starts = [ns + 50 * US for ns in waves.ns["CH1_A"][::2]]
    return line(waves, role, 1, *[ns + late for ns in starts for late in (0, US)])


def high_for_good(waves, role, after_ns):
    return line(waves, role, 0, *waves.ns[role], waves.ns[role][-1] + after_ns)


# {name: (what is done, kind, channel, how often)}
PLANTED = {
    "channel 2 ends 50 pulses before channel 1": (
        lambda w: files.without(w, 2, range(45, 95)), "pulses missing", 2, 50,
    ),
    "channel 1 ends 50 pulses before channel 2": (
        lambda w: files.without(w, 1, range(45, 95)), "pulses missing", 1, 50,
    ),
    "channel 2 begins 3 pulses after channel 1": (
        lambda w: files.without(w, 2, range(3)), "pulses missing", 2, 3,
    ),
    "channel 1 begins a pulse after channel 2": (
        lambda w: files.without(w, 1, range(1)), "pulses missing", 1, 1,
    ),
    "channel 2 has no second train": (
        lambda w: files.without(files.without(w, 1, range(40, 95)), 2, range(20, 95)),
        "pulses missing", 2, 20,
    ),
    "INTERLOCK_N is low all the time": (
        lambda w: line(w, "INTERLOCK_N", 0), HIGH_INTERLOCK, None, 4 * 95 + 1,
    ),
    "HV_EN is low all the time": (lambda w: line(w, "HV_EN", 0), HIGH_HV_EN, None, 4 * 95),
    "HV_EN falls, the train goes on": (
        lambda w: line(w, "HV_EN", 1, w.ns["CH1_A"][2 * 90] + 5 * MS), HIGH_HV_EN, None, 4 * 4,
    ),
    "HV_EN is low for 1 us in each pulse": (
        lambda w: low_in_each(w, "HV_EN"), HIGH_HV_EN, None, 95,
    ),
    "INTERLOCK_N is low for 1 us in each pulse": (
        lambda w: line(low_in_each(w, "INTERLOCK_N"), "HV_EN", 1),
        "INTERLOCK_N to the last output low", None, 95,
    ),
    "a leg rises after the last pulse, and stays": (
        lambda w: high_for_good(without_stop(w), "CH2_B", 5 * MS), "leg stays high", 2, 1,
    ),
    "a leg is high from before the capture": (
        lambda w: line(w, "CH1_B", 1, 5 * MS, *w.ns["CH1_B"]), "leg stays high", 1, 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_found_outside_of_the_trains(waves, verify, name):
    do, what, channel, times = PLANTED[name]
    code, told, err = verify(do(waves))
    assert code == 1 and not told["as_prescribed"]
    (found,) = [one for one in told["findings"] if one["what"] == what]
    assert (found["channel"], found["times"]) == (channel, times), err


def test_found_a_channel_that_nobody_prescribed(waves, verify):
    one = {**PAIN, "channels": [1], "offset_us": 0}
    code, told, _ = verify(waves, program=one)
    assert code == 1
    assert [(f["what"], f["channel"], f["times"]) for f in told["findings"]] == [
        ("not prescribed", 2, 95)
    ] * 2
    quiet = line(line(waves, "CH2_A", 0), "CH2_B", 0)
    assert verify(quiet, program=one)[0] == 0


def test_a_session_may_end_and_a_capture_begin_between_the_channels(waves, verify):
    assert verify(files.without(without_stop(waves), 2, [94]))[0] == 0
    # From the middle of a pulse of channel 1 on
    begin = waves.ns["CH1_A"][20] + 60 * US
    ns = {role: [one - begin for one in times if one > begin] for role, times in waves.ns.items()}
    late = files.Waves(ns, {**waves.first, "CH1_A": 1}, waves.end_ns - begin)
    assert verify(late)[0] == 0


def test_a_line_that_is_low_before_a_session_is_none(waves, verify):
    before = line(waves, "INTERLOCK_N", 0, MS, *waves.ns["INTERLOCK_N"])
    before = line(before, "HV_EN", 0, 2 * MS, *waves.ns["HV_EN"])
    assert verify(before)[0] == 0


def test_frozen_is_low_for_good(waves, verify):
    """HV_EN that never falls is no end of the session, though the legs' last pulse is one."""
    frozen = line(without_stop(waves), "TRIG_IN", 0, waves.ns["CH1_A"][-40])
    _, told, _ = verify(frozen, "--pin", "FREEZE=TRIG_IN")
    assert not told["contract"]["I2"]["ok"] and told["contract"]["I2"]["ns"] > 400 * MS
    soon = line(waves, "TRIG_IN", 0, waves.ns["HV_EN"][-1] - 60 * MS)
    code, told, _ = verify(soon, "--pin", "FREEZE=TRIG_IN")
    assert code == 0 and told["contract"]["I2"]["ns"] == pytest.approx(60 * MS, rel=1e-4)
    at_end = line(without_stop(waves), "TRIG_IN", 0, waves.end_ns - 30 * MS)
    code, told, _ = verify(at_end, "--pin", "FREEZE=TRIG_IN")
    assert code == 0 and "I2" not in told["contract"] and "FREEZE" in " ".join(told["notes"])


NUMBERED = files.NUMBERED


@pytest.mark.parametrize(
    ("names", "options", "wanted"),
    [
        (None, ["--pin", "FREEZE=TRIG_IN"], "TRIG_IN has no edge"),
        (NUMBERED, ["--pin", "CH1_A=D0"], "nothing says which line is CH1_B"),
        (NUMBERED, ["--pin", "CH1_A=D0", "--pin", "CH1_B=D1", "--pin", "CH2_B=D3"], "CH2_A"),
        ({**NUMBERED, "CH1_A": "GP2", "CH2_A": "CH1-A"}, [], "two lines are CH1_A by their names"),
        (None, ["-o", "no/such/folder/errors.png"], "there is no folder"),
        (None, ["--rate", "500M"], "--rate 500 MS/s is not what it was captured at"),
    ],
)
def test_what_is_told_by_half_or_wrongly_is_refused(waves, verify, names, options, wanted):
    code, told, err = verify(waves, *options, names=names)
    assert code == 2 and not told and wanted in err.splitlines()[0] and "\n  next: " in err


def test_a_leg_that_is_named_is_not_guessed_anew(waves, verify):
    names = {"CH1_A": "CH1_A", "CH1_B": "CH1_B", "CH2_A": "CH2_A", "SYNC_OUT": "D7"}
    code, told, _ = verify(waves, names=names)
    assert code == 0 and told["pins"] == {role: role for role in list(names)[:3]}
    assert any("CH2_A is in the capture, CH2_B is not" in note for note in told["notes"])


def test_all_lines_together_are_bounded(waves, verify, monkeypatch):
    monkeypatch.setattr(edges, "EDGES_MAX", 1_000)
    code, _, err = verify(waves)
    assert code == 2 and "more than 1000 changes" in err and "most of them on" in err
