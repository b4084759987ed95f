"""How often what others cause is written: ten at once, then one a minute, and none of them is
lost from the count.
"""

import pytest
from whole_device import Rig

from stimcore.quota import Quota

MIN_MS = 60_000


@pytest.mark.parametrize("every_ms", [10, 1_000, 7_000])
def test_ten_and_then_one_a_minute(every_ms):
    quota, written, told = Quota(), [], 0
    for now_ms in range(0, 10 * MIN_MS, every_ms):
        if quota.admits(now_ms):
            written.append(now_ms)
            told += 1 + quota.more().get("more", 0)
    assert written[:10] == list(range(0, 10 * every_ms, every_ms))
    assert all(later - sooner >= MIN_MS for sooner, later in zip(written[9:], written[10:]))
    assert 10 + 8 <= len(written) <= 10 + 10
    # But for those since the last one written
    assert told + MIN_MS // every_ms >= 10 * MIN_MS // every_ms


def test_what_comes_seldom_is_all_written():
    quota = Quota()
    assert (
        all(quota.admits(now_ms) for now_ms in range(0, 100 * MIN_MS, MIN_MS))
        and quota.more() == {}
    )


def test_a_host_that_offers_nonsense_writes_ten_records_and_one_a_minute():
    rig = Rig()
    for number in range(200):
        assert "error" in rig.ask(
            "configure", number, rx="x", key="y", signature="z", now_s=1_795_348_800
        )
        rig.round(500)
    refused = [event for event in rig.events() if event["e"] == "refused"]
    assert rig.device.journal.sequence == len(refused) == 11 and refused[-1]["more"] > 100
