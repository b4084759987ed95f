"""Days beyond what 31 bits of seconds hold: 2^31 - 1 s is 2038-01-19 03:14:07, 2^30 - 1 is the
largest small integer on the RP2040.
"""

import pytest
from whole_device import Rig, signed, text

from stimcore.devicetime import DeviceTime
from stimcore.errors import Refused
from stimcore.dates import days, iso

# (issued, expires, its days since 1970-01-01, noon of the day of issue): days and seconds as `date
# -u -d … +%s` gives them
DAYS = [
    ("2038-01-19", "2038-01-20", 24_856, 2_147_515_200),
    ("2038-01-20", "2038-04-20", 24_946, 2_147_601_600),
    ("2099-06-01", "2099-08-30", 47_358, 4_083_998_400),
    ("2099-12-30", "2099-12-31", 47_481, 4_102_315_200),
]
EDGES_S = [2**30 - 1, 2**30, 2**31 - 1, 2**31, 2**31 + 1, 2**32 - 1]


@pytest.mark.parametrize("row", DAYS)
def test_a_day_and_its_number(row):
    issued, expires, number, _ = row
    assert days(expires) == number and iso(number) == expires


@pytest.mark.parametrize("row", DAYS)
def test_a_prescription_of_that_day_is_taken_kept_and_stamped(row):
    issued, expires, _, noon_s = row
    rig = Rig()
    assert "result" in rig.offer(signed(text(issued=issued, expires=expires), now_s=noon_s))
    rig.hold_select()
    assert rig.prescriptions.told()["state"] == "accepted"
    assert rig.ask("status", 2)["result"]["time_s"] in (noon_s, noon_s + 1)
    assert rig.device.journal.last["t"] in (noon_s, noon_s + 1)
    rig.start()
    assert (
        rig.ask("status", 3)["result"]["prescription"] == "rx-0001"
        and rig.device.time.now_s(0) >= noon_s
    )


@pytest.mark.parametrize("row", DAYS[:3])
def test_after_its_last_day_it_is_refused(row):
    issued, expires, number, _ = row
    rig = Rig()
    told = rig.offer(signed(text(issued=issued, expires=expires), now_s=(number + 1) * 86_400))
    assert told["error"]["data"]["field"] == "expires"
    assert "result" in rig.offer(
        signed(text(issued=issued, expires=expires), now_s=(number + 1) * 86_400 - 1), 2
    )


@pytest.mark.parametrize("edge_s", EDGES_S)
def test_time_goes_on_across_the_edge_and_never_back(edge_s):
    time = DeviceTime(edge_s - 2)
    assert [time.now_s(ms) for ms in (0, 1_000, 2_000, 3_000)] == [
        edge_s - 2,
        edge_s - 1,
        edge_s,
        edge_s + 1,
    ]
    assert time.set(edge_s - 5, 3_000) == edge_s + 1
    assert time.set(edge_s + 90, 3_000) == edge_s + 90 and time.now_s(4_500) == edge_s + 91


def test_the_last_day_of_the_format_is_told():
    with pytest.raises(Refused):
        days("2100-01-01")
