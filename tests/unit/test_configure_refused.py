"""Prescriptions over the link: signed by an installed key, accepted by a person, kept through
power cuts; nothing else ever counts.
"""

import json
import sys

import never_trust_keys as keys
import pytest
from samples import PowerCut, board, document
from whole_device import CLINIC, NOW_S, OTHER, Rig, signed, text

from app.prescriptions import Later
from app.slot_store import SlotStore
from stimcore import canonical, link, prescription, signature
from stimcore.errors import Refused

# A signature takes the other port its time: there a sample
EVERY = sys.implementation.name == "cpython"


def refused(rig, params, field):
    """Offer what must be refused for `field`: nothing waits, nothing changes, the journal says
    why.
    """
    before = rig.standing()
    answer = rig.offer(params, 77)
    assert "error" in answer, answer
    assert answer["error"]["code"] == link.REFUSED and answer["error"]["data"]["field"] == field, (
        answer
    )
    assert answer["error"]["data"]["advice"]
    assert rig.prescriptions.told()["state"] != "pending" and not rig.round(held="SELECT")
    assert rig.standing() == before
    return answer["error"]["data"]


def whys(rig):
    return [event["why"] for event in rig.events() if event["e"] == "refused"]


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


# --- what is refused ------------------------------------------------------------------------------


def test_without_a_key_every_prescription_is_refused_with_what_to_do():
    rig = Rig(trusted=())
    told = refused(rig, signed(), "key")
    assert (
        "there is none" in told["limit"]
        and "keys install" in told["advice"]
        and whys(rig) == ["key"]
    )


def test_a_key_that_is_not_installed():
    told = refused(Rig(), signed(key="0" * 16), "key")
    assert told["value"] == "0" * 16 and signature.key_id(keys.MODULUS) in told["limit"]


def test_forged_by_another_key_under_the_clinics_name():
    rig = Rig()
    refused(rig, signed(sig=keys.sign(text().encode(), keys.other_pair())), "signature")
    assert whys(rig) == ["signature"]


def test_a_changed_text_under_a_sound_signature():
    sound = signed()
    for change in (
        ("30000", "90000"),
        ("P-017", "P-018"),
        ('"counter":1', '"counter":9'),
        ("2027-02-22", "2099-02-22"),
    ):
        assert change[0] in sound["rx"]
        refused(Rig(), dict(sound, rx=sound["rx"].replace(*change)), "signature")


def test_no_flipped_bit_of_the_text_passes():
    rig, sound = Rig(), signed()
    raw = sound["rx"].encode()
    bits = range(8 * len(raw)) if EVERY else range(3, 8 * len(raw), 331)
    for bit in bits:
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        # The link carries text
        if flipped[bit // 8] < 128:
            assert (
                rig.offer(dict(sound, rx=bytes(flipped).decode()), bit)["error"]["data"]["field"]
                == "signature"
            )
    assert rig.prescriptions.told()["state"] is None and rig.offer(sound, 10**6)["result"]


def test_no_flipped_bit_of_the_signature_passes():
    rig, sound = Rig(), keys.sign(text().encode())
    for bit in range(2_048) if EVERY else range(5, 2_048, 173):
        flipped = bytearray(sound)
        flipped[bit // 8] ^= 1 << bit % 8
        assert rig.offer(signed(sig=bytes(flipped)), bit)["error"]["data"]["field"] == "signature"
    assert rig.prescriptions.told()["state"] is None


def test_cut_short_at_any_place():
    sound = signed()
    lengths = range(len(sound["rx"])) if EVERY else range(0, len(sound["rx"]), 37)
    rig = Rig()
    for length in lengths:
        assert (
            rig.offer(dict(sound, rx=sound["rx"][:length]), length)["error"]["data"]["field"]
            == "signature"
        )
    for length in (0, 4, 100, 340, 343):
        assert (
            rig.offer(dict(sound, signature=sound["signature"][:length]), 1_000 + length)["error"][
                "data"
            ]["field"]
            == "signature"
        )


def test_replayed_and_rolled_back():
    rig = Rig()
    old = signed(text(counter=4, id="rx-old"))
    rig.prescribed(counter=5)
    told = refused(rig, old, "counter")
    assert told["value"] == "4" and told["limit"] == "6 to 100000005"
    refused(rig, signed(text(counter=5, id="rx-same-number")), "counter")
    rig.start()
    refused(rig, old, "counter")
    assert whys(rig)[:2] == ["counter", "counter"]


def test_the_counter_outlives_a_damaged_prescription():
    """Both slots of the prescription lost: what was accepted before still cannot come back."""
    rig = Rig()
    first = signed(text(counter=7))
    rig.prescribed(counter=7)
    for slot in (0, 4_096):
        rig.rx_flash.poke(slot, 0)
    rig.start()
    assert rig.prescriptions.id is None and rig.prescriptions.last_counter == 7
    refused(rig, first, "counter")
    assert "result" in rig.offer(signed(text(counter=8)), 2)


def test_a_superseded_prescription_does_not_come_back_when_the_newer_one_is_damaged():
    rig = Rig().prescribed(counter=1).prescribed(counter=2, id="rx-2")
    # The second went into the second slot
    rig.rx_flash.poke(4_096 + 400, rig.rx_flash.read(4_096 + 400, 1)[0] ^ 1)
    rig.start()
    assert rig.prescriptions.id is None and rig.events()[-1] == {
        "e": "prescription_bad",
        "field": "counter",
    }


def test_a_counter_that_a_power_cut_kept_from_flash_is_written_after_the_next_start():
    rig = Rig().prescribed(counter=1)
    rig.offer(signed(text(counter=2, id="rx-2")), 2)
    rig.round(pressed="SELECT")
    # The counter would be written in the next round
    rig.round(1_000, held="SELECT")
    rig.start()
    assert rig.prescriptions.id == "rx-2"
    rig.round()
    rig.rx_flash.poke(4_096 + 400, rig.rx_flash.read(4_096 + 400, 1)[0] ^ 1)
    rig.start()
    assert rig.prescriptions.id is None and rig.prescriptions.last_counter == 2


def test_expired_by_the_hosts_date_or_by_the_devices_own():
    rig = Rig()
    # 2027-02-23
    refused(rig, signed(now_s=20_872 * 86_400), "expires")
    rig.device.time.set(20_872 * 86_400, 0)
    # A host that turns its clock back revives nothing
    told = refused(rig, signed(now_s=NOW_S), "expires")
    assert told["value"] == "2027-02-22"


def test_one_that_expired_in_flash_counts_as_none():
    rig = Rig().prescribed(counter=3)
    rig.device.time.set(20_872 * 86_400, rig.device.now_ms)
    rig.device.record("end", {})
    rig.start()
    assert (
        rig.prescriptions.id is None
        and rig.device.session.program is None
        and rig.prescriptions.last_counter == 3
    )
    assert rig.events()[-1] == {"e": "prescription_bad", "field": "expires"}


def test_another_devices():
    assert refused(Rig(), signed(text(device="e661")), "device")["limit"] == "e660"
    assert "result" in Rig().offer(signed(text(device="e660")))


def test_over_a_limit_though_signed():
    rx = prescription.from_toml_dict(document())
    rx["programs"][0]["phase_us"] = 600
    told = refused(Rig(), signed(canonical.text(rx)), "program[1].phase_us")
    assert told["value"] == "600" and told["limit"] == "20 to 500" and told["source"]
    weak = Rig()
    weak.board = board(CALIBRATION=((0, 0), (0, 0)), MAX_UA=20_000)
    weak.start()
    refused(weak, signed(), "caps.ch1_ma")


SPELLINGS = [
    lambda rx: rx.replace(",", ", ", 1),
    lambda rx: rx.replace('"counter":1', '"counter":1,"counter":1'),
    lambda rx: rx + "\n",
    lambda rx: rx.replace('"counter":1,', "").replace('"v":1', '"v":1,"counter":1'),
    lambda rx: rx.replace("P-017", "P\\u002d017"),
]


@pytest.mark.parametrize("number", range(len(SPELLINGS)))
def test_signed_in_another_spelling(number):
    assert (
        json.loads(SPELLINGS[number](text())) == json.loads(text())
        and SPELLINGS[number](text()) != text()
    )
    refused(Rig(), signed(SPELLINGS[number](text())), "rx")


def test_signed_but_no_prescription():
    refused(Rig(), signed("no json"), "rx")
    refused(Rig(), signed("[]"), "prescription")


MALFORMED = [
    ({"rx": 5}, "rx"),
    ({"rx": None}, "rx"),
    ({"key": 7}, "key"),
    ({"key": "xyz"}, "key"),
    ({"signature": None}, "signature"),
    ({"signature": "????"}, "signature"),
    ({"signature": ""}, "signature"),
]


@pytest.mark.parametrize("row", MALFORMED)
def test_malformed(row):
    change, field = row
    refused(Rig(), dict(signed(), **change), field)


@pytest.mark.parametrize("now_s", [None, "now", 0, -1, 1.5, True, 4_102_444_800])
def test_the_time_must_be_a_time(now_s):
    assert Rig().offer(dict(signed(), now_s=now_s))["error"]["code"] == link.INVALID_PARAMS


def test_too_long_for_its_slot():
    rig = Rig()
    rig.prescriptions._store._slot_bytes = 700
    assert refused(rig, signed(), "prescription")["limit"] == "684 bytes"


@pytest.mark.parametrize("state", ["BOOT", "ARMED", "RUNNING", "PAUSED", "FAULT"])
def test_only_at_rest(state):
    rig = Rig()
    rig.device.session.state = state
    answer = rig.offer()
    assert (
        answer["error"]["code"] == link.BUSY
        and state in answer["error"]["message"]
        and not rig.round()
    )


def test_what_waits_is_dropped_when_the_device_is_no_longer_at_rest():
    rig = Rig()
    rig.offer()
    rig.device.session.state = "ARMED"
    rig.round(held="SELECT", pressed="SELECT")
    assert rig.prescriptions.told()["why"] == "no longer at rest" and rig.prescriptions.id is None


def test_a_key_that_was_removed_takes_its_prescription_along():
    rig = Rig(trusted=(CLINIC, OTHER)).prescribed(counter=6)
    rig.trust(OTHER)
    rig.start()
    assert (
        rig.prescriptions.id is None
        and rig.device.session.program is None
        and rig.prescriptions.last_counter == 6
    )
    assert rig.events()[-1] == {"e": "prescription_bad", "field": "key"}


def test_a_prescription_written_into_flash_without_a_signature_counts_as_none():
    rig = Rig()
    rig.prescriptions._store.save(text().encode())
    rig.start()
    assert rig.prescriptions.id is None and rig.events()[-1]["e"] == "prescription_bad"
    rig.prescriptions._store.save(
        signature.key_id(keys.MODULUS).encode() + bytes(256) + text().encode()
    )
    rig.start()
    assert rig.prescriptions.id is None and rig.events()[-1] == {
        "e": "prescription_bad",
        "field": "signature",
    }


@pytest.mark.parametrize("stored", [b"[]x", b"{}", b'[["a","00"]]', b'[["a"]]', b"\xff"])
def test_a_key_store_that_makes_no_sense_trusts_nobody(stored):
    rig = Rig()
    rig.trust()
    SlotStore(rig.key_flash, b"EVKY").save(stored)
    rig.start()
    assert rig.prescriptions.keys == []
    refused(rig, signed(), "key")


def test_a_flood_of_forgeries_does_not_wash_the_journal_out():
    rig, forged = Rig(), dict(signed(), key="0" * 16)
    for number in range(40):
        rig.offer(forged, number)
    assert len(whys(rig)) == 10
    rig.device.now_ms += 60_000
    rig.offer(forged, 999)
    assert rig.events()[-1] == {"e": "refused", "why": "key", "more": 30}


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
