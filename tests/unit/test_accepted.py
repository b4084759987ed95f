"""What an accepted prescription sets, number by number, and what flash that was refused leaves:
told by the self-test and in the journal.
"""

from whole_device import Rig

# After whole_device: imported through it, one level deeper, modules would nest too deep.
from samples import document
from stimcore.dates import days

CAPS = {"ch1_ma": 30, "ch2_ma": 20, "session_min": 25, "sessions_per_day": 2, "rest_min": 45}


def test_caps_sessions_and_rest_are_those_prescribed():
    """HZ6, HZ9: each channel its own cap, in uA; two sessions a day, 45 minutes apart."""
    session = Rig().prescribed(caps=CAPS).device.session
    assert tuple(session.caps_ua) == (30_000, 20_000)
    assert session.dose._per_day == 2 and session.dose.rest_s == 45 * 60
    assert session.expires_day == days("2027-02-22")
    assert [one["session_s"] for one in session.programs] == [20 * 60]


def test_it_sets_the_same_after_a_loss_of_power():
    rig = Rig().prescribed(caps=CAPS)
    rig.start()
    session = rig.device.session
    assert tuple(session.caps_ua) == (30_000, 20_000) and session.dose.rest_s == 45 * 60
    assert session.dose._per_day == 2 and not rig.prescriptions.bad


def test_programs_are_whole_and_in_their_order():
    names = ("One", "Two")
    programs = [dict(document()["program"][0], name=name) for name in names]
    session = Rig().prescribed(program=programs).device.session
    assert [one["name"] for one in session.programs] == ["One", "Two"] and session.selected == 0


def test_a_prescription_in_flash_that_was_refused_is_told_to_the_self_test():
    """HZ8: it has expired meanwhile."""
    rig = Rig().prescribed(counter=3)
    assert not rig.prescriptions.bad
    rig.device.time.set(20_872 * 86_400, rig.device.now_ms)
    rig.device.record("end", {})
    rig.start()
    assert rig.prescriptions.bad and rig.prescriptions.id is None


def test_keys_that_are_damaged_are_journaled():
    """HZ8: a device that trusts nobody any more says why; one whose other slot is whole goes on."""
    rig = Rig()
    assert "keys_bad" not in [event["e"] for event in rig.events()]
    half = rig.key_flash.size // 2
    rig.key_flash.poke(0, 0)
    rig.start()
    assert rig.prescriptions.keys and "keys_bad" not in [event["e"] for event in rig.events()]
    rig.key_flash.poke(half, 0)
    rig.start()
    assert not rig.prescriptions.keys and rig.events()[-1] == {"e": "keys_bad"}


def test_what_was_taken_is_journaled_with_its_key_and_its_patient():
    """HZ8: who is treated by whose prescription."""
    rig = Rig().prescribed(counter=4)
    told = rig.events()[-1]
    assert told["e"] == "prescription" and (told["id"], told["counter"]) == ("rx-0001", 4)
    assert told["patient"] == "P-017" and len(told["key"]) == 16


def test_time_goes_on_from_the_last_record():
    """HZ8: a loss of power turns no clock back."""
    rig = Rig().prescribed()
    rig.device.record("end", {})
    now_s = rig.device.time.now_s(rig.device.now_ms)
    rig.start()
    assert 0 <= now_s - rig.device.time.now_s(0) <= 2 and now_s > 1_700_000_000


def test_a_stored_calibration_that_is_damaged_is_told():
    """HZ9: the device goes by its own, and says so; the self-test finds it."""
    rig = Rig()
    assert not rig.device.calibration_damaged
    for slot in (0, 1):
        rig.calibration_flash.poke(slot * rig.calibration_flash.size // 2, 0)
    rig.start()
    assert rig.device.calibration_damaged and rig.driver == {0: (5, -6), 1: (0, 7)}
    assert rig.events()[-1]["e"] == "calibration_bad"
