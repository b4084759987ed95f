"""Board zero1 on the emulated chip: one channel, no screen. A session by its buttons alone,
measured; light and sound; what is refused.
"""

import pytest
import rig
from evenpulse.base import boards
from evenpulse.base.errors import Refused
from evenpulse.link.client import Device
from evenpulse.prescription.signed import sign
from evenpulse.scenario.player import run as play
from evenpulse.twin import clinic
from evenpulse.twin.port import TwinPort
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin
from evenpulse.twin.waveform import Prescribed, pulses, rows, worst_clocks
from sample_scenarios import PRESCRIPTION, START, event
from stimcore import prescription
from test_interlock import journal_events

GUARDED = ("CH1_A", "CH1_B", "GUARD_SPARE_1", "GUARD_SPARE_2", "HV_EN")
SPARES = GUARDED[2:4]
LEDS = ("LED_READY", "LED_OUTPUT", "LED_FAULT")
GREEN, YELLOW, RED, DARK, GREEN_RED = [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0], [1, 0, 1]
PROGRAM = rig.program(channels=[1], phase_us=187, gap_us=53, rate_pps=77.3)
SHORT = {**PROGRAM, "minutes": 0.1}
# The whole number of us nearest to 1 000 000 / 77.3
PERIOD_US = 12_937


@pytest.fixture(scope="module")
def flash():
    return rig.prescribed_flash(PROGRAM, board="zero1")


def running(flash, ups=0):
    return rig.running(flash, ups=ups, board="zero1")


def beeps(twin, since):
    """Lengths in ms of what the buzzer gave: on, off, on ..."""
    gpio = rig.gpio(twin, "BUZZER")
    marks = [clock for clock, pin, _ in twin.world.duties if pin == gpio and clock >= since]
    return [round((b - a) / CLOCKS_PER_MS) for a, b in zip(marks, marks[1:], strict=False)]


def rises(twin, roles, since=0):
    pins = {rig.gpio(twin, role) for role in roles}
    return [edge for edge in twin.edges if edge[1] in pins and edge[2] and edge[0] >= since]


def test_a_session_by_the_buttons_alone_is_what_was_prescribed(flash):
    twin = running(flash, ups=7)
    assert twin.world.screen is None
    twin.run_ms(2_000)
    train = pulses(twin.edges, rig.gpio(twin, "CH1_A"), rig.gpio(twin, "CH1_B"))
    assert len(train) > 200
    table = rows(Prescribed(187, 53, PERIOD_US, 0), [train])
    assert worst_clocks(table) == 0, table
    start = train[0].a_start
    assert [pulse.a_start - start for pulse in train] == [
        k * PERIOD_US * 125 for k in range(len(train))
    ]
    # 7 mA of 50: the set point is rounded down to a 4096th of full scale
    assert 6.98 <= twin.world.channels[0].peak_ua / 1_000 <= 7
    assert rises(twin, SPARES) == []


def test_what_the_pads_gave_is_in_the_journal_of_a_session_that_ends():
    twin = running(rig.prescribed_flash(SHORT, board="zero1"), ups=3)
    assert twin.run_until_state(rig.ENDED, 8_000)
    twin.run_ms(100)
    end = [record for record in journal_events(twin) if record["e"] == "end"][-1]
    train = pulses(twin.edges, rig.gpio(twin, "CH1_A"), rig.gpio(twin, "CH1_B"))
    assert end["pulses"] == [len(train), 0] and end["peak_ua"] == [3_000, 0]
    assert twin.state == rig.READY, "nobody could read a question, so none is asked"
    assert [record for record in journal_events(twin) if record["e"] == "rating"][-1][
        "after"
    ] is None


@pytest.mark.parametrize("role", SPARES)
def test_a_place_kept_free_that_goes_high_stops_the_output(flash, role):
    twin = running(flash, ups=2)
    twin.run_ms(200)
    at = twin.now
    twin.stick(role)
    assert twin.run_until_state(rig.FAULT, 100)
    assert twin.states[-1][1] >> 8 == 15, "width"
    hv = [
        clock for clock, pin, level in twin.edges if pin == rig.gpio(twin, "HV_EN") and not level
    ][-1]
    assert (hv - at) / 125 <= 187 + 5, "the longest phase and 5 us"


def test_a_missing_resistor_at_a_place_kept_free_fails_the_self_test(flash):
    twin = Twin("zero1", flash)
    twin.power_on(usb=False)
    del twin.chip.pads._pulls[rig.gpio(twin, "GUARD_SPARE_2")]
    twin.chip.pads.refresh_all()
    assert twin.run_until_state(rig.FAULT, 2_000)
    twin.run_ms(20)
    assert (
        twin.state == rig.FAULT
        and "board_resistors"
        in [e for e in journal_events(twin) if e["e"] == "self_test"][-1]["failed"]
    )


def test_a_short_opens_the_interlock_without_a_line_of_its_own(flash):
    twin = running(flash, ups=6)
    twin.run_ms(300)
    twin.world.change_electrode(0, series_ohm=5.0)
    assert twin.run_until_state(rig.FAULT, 100)
    assert twin.states[-1][1] >> 8 == 2, "interlock_open: the board has no SHORT_N to tell it by"


def _offer(written):
    twin = Twin("zero1", clinic.flash(boards.load("zero1")))
    twin.power_on(usb=True)
    assert twin.run_until_state(rig.READY, 3_000)
    rx = prescription.from_toml_dict(written)
    return twin, Device(TwinPort(twin)), sign(rx, clinic.key())


@pytest.mark.parametrize(
    "change, field, source",
    [
        ({"channels": [1, 2]}, "program[1].channels", "board zero1 has 1 channel"),
        ({"channels": [2]}, "program[1].channels", "board zero1 has 1 channel"),
        ({"trigger": True}, "program[1].trigger", "board zero1 has no TRIG_IN"),
    ],
)
def test_what_the_board_does_not_have_is_refused_with_that_as_the_reason(change, field, source):
    twin, device, envelope = _offer(rig.document({**PROGRAM, **change}))
    with pytest.raises(Refused) as caught:
        device.configure(envelope, rig.NOW_S, lambda: twin.press("SELECT", 1_200))
    assert (caught.value.data["field"], caught.value.data["source"]) == (field, source)
    assert device.call("status")["prescription"] is None


def test_two_programs_are_refused_where_nobody_could_see_which_is_chosen():
    _, device, envelope = _offer(rig.document(PROGRAM, {**PROGRAM, "name": "Other"}))
    with pytest.raises(Refused) as caught:
        device.configure(envelope, rig.NOW_S, lambda: None)
    assert caught.value.data["source"] == "board zero1 has no screen to choose by"


# --- light and sound: what happens, lights after it, beeps in ms ---------------------------------

READY_BEEPS, OFFERED_BEEPS = [60, 60, 60], [200, 100, 200, 100, 200]


def _lights(twin):
    return rig.levels(twin, LEDS)


def _at_ready(twin):
    return 0


def _paused(twin):
    at = _begun(twin)
    twin.run_ms(600)
    at = twin.now
    twin.press("START", 60)
    twin.run_ms(700)
    return at


def _begun(twin):
    twin.press("START", 1_100)
    assert twin.run_until_state(rig.ARMED, 2_000)
    at = twin.now
    assert twin.run_until_state(rig.RUNNING, 1_000)
    return at


def _ended(twin):
    _begun(twin)
    assert twin.run_until_state(rig.ENDED, 8_000)
    return twin.now


def _tripped(twin):
    _begun(twin)
    twin.run_ms(500)
    at = twin.now
    twin.world.pull_interlock("STOP loop", True)
    return at


def _refused(twin):
    twin.set_supply(4_000)
    twin.press("START", 1_100)
    twin.run_ms(1_000)
    return twin.now - 30 * CLOCKS_PER_MS


SIGNALS = [
    ("START may be held", _at_ready, GREEN, READY_BEEPS),
    ("a session begins", _begun, YELLOW, [100, 80, 100]),
    ("a pause", _paused, DARK, [200, 100, 100]),
    ("the end", _ended, DARK, [150, 100, 150, 100, 400]),
    ("a fault", _tripped, RED, [50, 250, 120, 250, 600]),
    ("START refused by a fault", _refused, None, [300]),
]


@pytest.mark.parametrize("row", SIGNALS, ids=[row[0] for row in SIGNALS])
def test_everything_important_has_a_light_and_a_sound(row):
    _, happen, lights, sound = row
    twin = rig.ready(rig.prescribed_flash(SHORT, board="zero1"), board="zero1")
    at = happen(twin)
    twin.run_ms(sum(sound) + 200)
    heard = beeps(twin, at)
    assert _contains(heard, sound), heard
    if lights:
        assert _lights(twin) == lights
    else:
        assert rises(twin, ["LED_FAULT"], at), "red flashes with it"
        twin.run_ms(1_100)
        assert _lights(twin)[2] == 0


def _contains(heard, sound):
    """A signal is a run of marks, each rounded up to a round of 10 ms and with the round's own
    jitter.
    """
    spans = [heard[k : k + len(sound)] for k in range(len(heard))]
    return any(
        len(span) == len(sound) and all(abs(a - b) <= 25 for a, b in zip(span, sound, strict=True))
        for span in spans
    )


def test_a_locked_press_flashes_and_sounds(flash):
    twin = running(flash)
    twin.run_ms(4_300)
    at = twin.now
    twin.press("UP", 60)
    twin.run_ms(400)
    assert _contains(beeps(twin, at), [40, 60, 40]) and len(rises(twin, ["LED_FAULT"], at)) == 2
    assert _lights(twin) == YELLOW


def test_a_prescription_that_waits_shows_green_and_red_and_sounds_until_it_is_taken():
    twin, device, envelope = _offer(rig.document(SHORT))
    before = twin.now
    seen = []

    def accept():
        twin.run_ms(800)
        seen.append((_lights(twin), beeps(twin, before)))
        twin.press("SELECT", 1_200)

    device.configure(envelope, rig.NOW_S, accept)
    taken = twin.now
    twin.run_ms(1_200)
    assert seen[0][0] == GREEN_RED and _contains(seen[0][1], OFFERED_BEEPS[2:]), (
        "its first beep lasts as long as that round, which checks a signature"
    )
    # Its beep begins in a round that erases a sector of flash, for 45 ms
    assert _lights(twin) == GREEN and _contains(
        beeps(twin, taken - 600 * CLOCKS_PER_MS), [400 - 45]
    )


def test_a_scenario_names_the_board(tmp_path):
    (tmp_path / "pain.toml").write_text(PRESCRIPTION.replace("channels = [1, 2]", "channels = [1]"))
    file = tmp_path / "scenario.toml"
    file.write_text(
        'board = "zero1"\nprescription = "pain.toml"\nuntil_ms = 3000\n[load]\nch1_ohm = 500\n'
        + START
        + event(2_000, "press", button="UP")
    )
    summary = play(file, tmp_path / "out")
    assert (summary["board"], summary["exit_state"], summary["trips"]) == ("zero1", "RUNNING", [])
    assert (
        "2" not in summary and summary["1"]["pulses"] > 50 and summary["1"]["imbalance_clocks"] == 0
    )
    assert (
        not list((tmp_path / "out").glob("screen-*"))
        and "GUARD_SPARE_1" in (tmp_path / "out" / "edges.csv").read_text()
    )
