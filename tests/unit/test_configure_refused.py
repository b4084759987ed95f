"""What is refused though a sound key signed it: replayed, expired, over a limit, malformed, at the
wrong time.
"""

import pytest
from over_the_link import refused, whys
from samples import board, document
from whole_device import NOW_S, Rig, signed, text

from stimcore import canonical, link, prescription


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
