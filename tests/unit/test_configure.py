"""Prescriptions over the link: offered, accepted by a person at the device, and kept."""

import never_trust_keys as keys
import pytest
from over_the_link import EVERY, refused, whys
from samples import PowerCut
from whole_device import CLINIC, NOW_S, OTHER, Rig, signed, text

from app.prescriptions import Later
from stimcore import link, signature
from stimcore.errors import Refused


# --- the good way ---------------------------------------------------------------------------------


def test_a_signed_prescription_waits_and_is_taken_with_select_held():
    rig = Rig()
    answer = rig.offer()["result"]
    assert (
        answer["id"] == "rx-0001"
        and answer["counter"] == 1
        and answer["programs"] == ["Pain relief"]
    )
    status = rig.ask("status", 2)["result"]
    assert status["acceptance"] == {
        "sha256": answer["sha256"],
        "state": "pending",
        "why": None,
        "left_s": 60,
    }
    assert (
        status["prescription"] is None
        and rig.rx_flash.image() == {}
        and rig.device.session.program is None
    )
    rig.hold_select()
    status = rig.ask("status", 3)["result"]
    assert status["acceptance"]["state"] == "accepted" and status["prescription"] == "rx-0001"
    assert status["prescription_sha256"] == answer["sha256"] and status["time_s"] in (
        NOW_S,
        NOW_S + 1,
    )
    assert rig.events() == [
        {
            "e": "prescription",
            "id": "rx-0001",
            "counter": 1,
            "key": signature.key_id(keys.MODULUS),
            "patient": "P-017",
        }
    ]


def test_it_is_kept_through_a_power_cycle_and_verified_again():
    rig = Rig().prescribed()
    rig.start()
    assert rig.ask("status")["result"]["prescription"] == "rx-0001"
    assert rig.device.session.caps_ua == (30_000, 30_000)
    # Time goes on from the last record
    assert rig.device.time.now_s(0) >= NOW_S


def test_a_retry_with_the_same_line_gets_the_same_answer_and_acts_once():
    rig = Rig()
    line = link.encode(link.request(9, "configure", signed()))
    first, second = rig.raw(line), rig.raw(line)
    assert first == second and "result" in first[0]
    rig.hold_select()
    assert rig.raw(line) == first and rig.device.journal.sequence == 1 and not rig.round()


def test_the_same_offer_again_goes_on_waiting_and_another_may_not_take_its_place():
    rig = Rig()
    rig.offer()
    rig.round(30_000)
    assert "result" in rig.offer(number=2) and rig.prescriptions.told()["left_s"] == 30
    error = rig.offer(signed(text(counter=2, id="rx-2")), 3)["error"]
    assert (
        error["data"]["field"] == "prescription" and rig.prescriptions.told()["state"] == "pending"
    )
    rig.hold_select()
    assert rig.prescriptions.id == "rx-0001"


def test_the_prescription_in_force_may_be_given_again_and_writes_no_flash():
    rig = Rig().prescribed(counter=5)
    before = rig.rx_flash.image()
    rig.device.now_ms = 10_000
    again = signed(text(counter=5), now_s=NOW_S - 1_000)
    assert "result" in rig.offer(again, 2)
    rig.hold_select()
    assert rig.prescriptions.told()["state"] == "accepted" and rig.rx_flash.image() == before
    # Time never runs backwards
    assert rig.device.time.now_s(10_000) >= NOW_S + 8


@pytest.mark.parametrize("ahead_s", [25 * 3_600, 40 * 86_400])
def test_what_is_in_force_offered_again_sets_nothing(ahead_s):
    """The date that comes with it is not signed: it moves neither the device's date nor anything
    that has been counted.
    """
    rig = Rig().prescribed(counter=5)
    session = rig.device.session
    session.dose.begin(0, 0, 1_200)
    session.dose.stop(300, 900, True)
    waits_s, today_s, journal = (
        session.dose.wait_s(300, 1, 1_200),
        rig.device.time.now_s(rig.device.now_ms),
        rig.device.journal.sequence,
    )
    assert waits_s == 1_800
    assert "result" in rig.offer(signed(text(counter=5), now_s=NOW_S + ahead_s), 2)
    shown = []
    for _ in range(4):
        shown.append(" ".join([row[3] for row in rig.prescriptions.screen()]))
        rig.round(3_000)
    assert "In force already" in "".join(shown)
    rig.hold_select()
    assert (
        rig.prescriptions.told()["state"] == "accepted" and rig.device.journal.sequence == journal
    )
    assert session.dose.wait_s(300, 1, 1_200) == 1_800 and session.dose.left_s(300, 0) == 900
    # The time that all this took
    assert rig.device.time.now_s(rig.device.now_ms) - today_s < 15


@pytest.mark.parametrize("apart_s", [2 * 86_400, -2 * 86_400, 3_600])
def test_a_hosts_clock_that_jumps_is_told_on_the_screen_and_journaled_and_moves_no_rest(apart_s):
    rig = Rig()
    rig.prescribed(counter=5, issued="2026-11-01")
    session = rig.device.session
    session.dose.begin(0, 0, 1_200)
    session.dose.stop(1_200, 0, False)
    assert session.dose.wait_s(1_200, 0, 1_200) == 1_800
    rig.offer(signed(text(counter=6, issued="2026-11-01"), now_s=NOW_S + apart_s), 2)
    shown = []
    for _ in range(6):
        shown.append(" ".join([row[3] for row in rig.prescriptions.screen()]))
        rig.round(3_000)
    assert "Sets the date 2026-11-%d" % (22 + apart_s // 86_400) in "".join(shown)
    assert ("Device's date 2026-11-22" in "".join(shown)) == (abs(apart_s) > 86_400)
    rig.hold_select()
    told = [event for event in rig.events() if event["e"] == "clock"]
    assert [event["told_s"] for event in told] == [NOW_S + apart_s] * (abs(apart_s) > 86_400)
    assert session.dose.wait_s(1_200, 0, 1_200) == 1_800
    assert rig.device.time.now_s(rig.device.now_ms) >= NOW_S + max(0, apart_s)


def test_a_hosts_clock_before_the_day_of_issue_is_refused():
    # 1980
    told = refused(Rig(), signed(now_s=315_532_805), "now_s")
    assert told["value"] == "1980-01-01" and "2026-11-22" in told["limit"]
    refused(Rig(), signed(now_s=NOW_S - 2 * 86_400), "now_s")
    # The clinic lies east of Greenwich
    assert "result" in Rig().offer(signed(now_s=NOW_S - 86_400))


def test_a_refusal_for_the_date_names_it():
    assert (
        refused(Rig(), signed(now_s=20_872 * 86_400), "expires")["limit"] == "2027-02-23 or later"
    )


@pytest.mark.parametrize("seen", ["", "day"])
def test_a_journal_without_its_day_means_wait(seen):
    """Washed out, or from another device: records, and none that carries the day."""
    rig = Rig().prescribed()
    for number in range(300):
        day = {"day": []} if seen and number == 299 else {}
        rig.device.record("key", dict(day, key="0123456789abcdef", what="installed"))
        rig.device.journal.erase_ahead()
    rig.start()
    session = rig.device.session
    assert (session.dose.wait_s(session.dose.now_s(0), 0, 1_200) > 0) == (not seen)


def test_a_new_device_waits_for_nothing():
    assert Rig().device.session.dose.sessions == []


def test_a_second_clinic_key_signs_too():
    rig = Rig(trusted=(CLINIC, OTHER))
    raw = text().encode()
    other = signed(key=signature.key_id(keys.OTHER_MODULUS), sig=keys.sign(raw, keys.other_pair()))
    assert "result" in rig.offer(other)


def test_a_verified_envelope_opens_the_way_for_itself_alone():
    """Verifying takes a round of its own; what comes in the next one must be the very same."""
    rig, sound = Rig(), signed()
    arguments = [sound[name] for name in ("rx", "key", "signature", "now_s")]
    with pytest.raises(Later):
        rig.prescriptions.offer(*arguments)
    assert rig.prescriptions.told()["state"] is None
    with pytest.raises(Refused) as caught:
        rig.prescriptions.offer(arguments[0].replace("30000", "90000"), *arguments[1:])
    assert caught.value.field == "signature" and rig.prescriptions.told()["state"] is None
    assert rig.prescriptions.offer(*arguments)["id"] == "rx-0001"
    rig.round(stop_down=True)
    with pytest.raises(Later):
        # It opens the way once only
        rig.prescriptions.offer(*arguments)


# --- the person -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    [
        ({"pressed": "DOWN"}, "refused at the device"),
        ({"stop_down": True}, "refused at the device"),
    ],
)
def test_the_person_refuses(row):
    inputs, why = row
    rig = Rig()
    rig.offer()
    rig.round(**inputs)
    told = rig.prescriptions.told()
    assert (
        (told["state"], told["why"]) == ("refused", why)
        and rig.prescriptions.id is None
        and whys(rig) == [why]
    )


def test_nobody_answers_for_a_minute():
    rig = Rig()
    rig.offer()
    rig.round(59_990)
    assert rig.prescriptions.told()["state"] == "pending"
    rig.round()
    assert rig.prescriptions.told()["why"] == "nobody accepted it" and not rig.round(held="SELECT")
    assert whys(rig) == ["nobody accepted it"] and rig.rx_flash.image() == {}


def test_flash_that_does_not_hold_keeps_the_old_prescription():
    rig = Rig().prescribed()
    rig.offer(signed(text(counter=2, id="rx-2")), 2)
    rig.rx_flash.program = lambda offset, data: None
    rig.hold_select()
    told = rig.prescriptions.told()
    assert (
        told["state"] == "refused"
        and "flash" in told["why"]
        and rig.prescriptions.id == "rx-0001"
        and rig.prescriptions.last_counter == 1
    )


# --- power cuts -----------------------------------------------------------------------------------


def test_power_cut_at_every_byte_of_an_acceptance_leaves_the_old_or_the_new_one():
    """Prescription, journal and counter are written one after the other; whatever is cut, one of
    the two is in force and none older comes back.
    """
    rig = Rig().prescribed(counter=1)
    flashes = (rig.rx_flash, rig.journal_flash, rig.counter_flash)
    before = [flash.image() for flash in flashes]
    old, new = signed(text(counter=1)), signed(text(counter=2, id="rx-2"))
    cut, finished, found = 0, False, []
    while not finished:
        for flash, image in zip(flashes, before):
            flash.restore(image)
        rig.start()
        rig.offer(new, 2)
        budget = [cut]
        for flash in flashes:
            flash.budget = budget
        try:
            rig.hold_select()
            finished = True
        except PowerCut:
            pass
        for flash in flashes:
            flash.budget = None
        rig.start()
        found.append(rig.prescriptions.id)
        if found[-1] == "rx-2":
            assert rig.prescriptions.last_counter == 2 and "error" in rig.offer(old, 3)
        else:
            assert (found[-1], rig.prescriptions.last_counter) == ("rx-0001", 1)
        cut += 1 if EVERY else 131
    assert found == sorted(found) and found[0] == "rx-0001" and found[-1] == "rx-2"
