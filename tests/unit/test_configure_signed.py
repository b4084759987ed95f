"""Only what an installed key has signed: forged, changed, cut short, and keys that are gone."""

import json

import never_trust_keys as keys
import pytest
from over_the_link import EVERY, refused, whys
from whole_device import CLINIC, OTHER, Rig, signed, text

from app.slot_store import SlotStore
from stimcore import signature


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
