"""HZ8, HZ9: what a session goes by has lain in memory since power-on. Whatever flips there is found
when START is held, and nothing is armed.
"""

import pytest
from samples import document, program
from supervised import Rig
from whole_device import Rig as Link, text

# After supervised: imported through it, one level deeper, modules would nest too deep.
from app.host_run import HostRun

CAPS = {"ch1_ma": 30, "ch2_ma": 20, "session_min": 25, "sessions_per_day": 2, "rest_min": 45}


def _numbers(of):
    """(dict or list, key) of each number in it, however deep."""
    for key, value in list(of.items() if isinstance(of, dict) else enumerate(of)):
        if isinstance(value, (dict, list)):
            yield from _numbers(value)
        elif isinstance(value, int):
            yield of, key


def test_each_number_of_each_program():
    programs = [dict(document()["program"][0], name=name) for name in ("One", "Two")]
    link = Link().prescribed(program=programs, caps=CAPS)
    places = list(_numbers(link.device.session.programs))
    assert len(places) >= 2 * 9 and link.prescriptions.stands()
    for of, key in places:
        before = of[key]
        of[key] = not before if isinstance(before, bool) else before ^ 8
        assert not link.prescriptions.stands(), key
        of[key] = before
    assert link.prescriptions.stands()


def test_caps_last_day_sessions_a_day_and_rest():
    link = Link().prescribed(caps=CAPS)
    session = link.device.session
    for of, name in (
        (session, "expires_day"),
        (session.dose, "_per_day"),
        (session.dose, "rest_s"),
    ):
        before = getattr(of, name)
        setattr(of, name, before ^ 1)
        assert not link.prescriptions.stands(), name
        setattr(of, name, before)
    for caps_ua in ((30_001, 20_000), (30_000, 20_001)):
        session.strength.caps_ua = caps_ua
        assert not link.prescriptions.stands()
    session.strength.caps_ua = (30_000, 20_000)
    assert link.prescriptions.stands()


def test_the_signed_text_itself_and_a_device_without_one():
    link = Link()
    assert link.prescriptions.stands(), "nothing can be armed"
    link.prescribed()
    store = link.prescriptions._store
    whole = store.text
    store.text = whole[:-2] + bytes([whole[-2] ^ 1]) + whole[-1:]
    assert not link.prescriptions.stands()
    store.text = whole
    assert link.prescriptions.stands()


def test_a_flipped_bit_of_the_program_in_ram_arms_nothing():
    """HZ9: the code of each round lies there."""
    rig = Rig()
    rig.in_ram = 0
    rig.press("START", 1_200)
    assert rig.device.session.latch.reason == "registers" and "arm" not in rig.calls


def taken():
    """A supervisor whose device has a prescription of two programs in force."""
    rig = Rig()
    rig.offer(text(program(name="One", minutes=5, ramp_up_s=0), program(name="Two", minutes=5)))
    rig.press("SELECT", 1_200)
    assert rig.device.prescriptions.id
    return rig


def test_what_stands_is_armed():
    assert taken().running().ua == [0, 0]


@pytest.mark.parametrize(
    "flip",
    [
        lambda rig: rig.device.session.programs[0].update(phase_us=499),
        lambda rig: setattr(rig.device.session.strength, "caps_ua", (30_001, 30_000)),
        lambda rig: setattr(rig, "full_scale_ua", 100_000 ^ 1 << 16),
        lambda rig: setattr(rig, "shift", [1, 16]),
        lambda rig: rig.device.calibration[1].update(offset_ua=1),
    ],
)
def test_what_does_not_is_a_fault_in_the_journal_and_nothing_is_armed(flip):
    rig = taken()
    flip(rig)
    del rig.calls[:]
    rig.press("START", 1_200)
    rig.run(300)
    assert rig.device.session.state == "FAULT" and rig.device.session.latch.reason == "registers"
    assert "arm" not in rig.calls and "start" not in rig.calls
    assert rig.events()[-1] == "fault"


def test_a_hosts_own_program_is_nobodys_prescription():
    """On a board without an output stage, when a host has run one and somebody holds START."""
    rig = taken()
    rig.supervisor._host_run = HostRun(rig.device)
    rig.device.session.load([dict(rig.device.session.programs[1])], (5_000, 5_000))
    assert rig.running().device.session.program["name"] == "Two"


def test_it_is_asked_before_a_pause_ends_too():
    rig = taken().running()
    rig.press("START", 50)
    rig.run(6_000)
    assert rig.device.session.state == "PAUSED"
    rig.device.session.programs[0]["gap_us"] ^= 64
    del rig.calls[:]
    rig.press("START", 1_200)
    rig.run(200)
    assert rig.device.session.latch.reason == "registers" and "arm" not in rig.calls


def test_what_does_not_stand_at_arming_is_a_fault_before_any_train_starts():
    """The registers that nobody sets up anew: see tests/pio/test_watch_on_registers.py."""
    rig = taken()
    rig.not_standing = 0x40050010
    rig.press("START", 1_200)
    rig.run(300)
    assert rig.device.session.state == "FAULT" and rig.device.session.latch.reason == "registers"
    assert "start" not in rig.calls
