"""What tests of the link share: offers that must be refused, calibrations, what was denied. Runs on
both VMs.
"""

import sys


from stimcore import link

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


BOARDS_OWN = [
    {"channel": 1, "gain_permyriad": 5, "offset_ua": -6},
    {"channel": 2, "gain_permyriad": 0, "offset_ua": 7},
]
CALIBRATED = [
    {"channel": 1, "gain_permyriad": 5, "offset_ua": -6},
    {"channel": 2, "gain_permyriad": -250, "offset_ua": 40},
]
WANTED = CALIBRATED[1]


def calibrated(rig, **change):
    """Offered by a host and taken by a person."""
    assert (
        rig.ask("calibrate", rig.device.now_ms + 1, **dict(WANTED, **change))["result"]["state"]
        == "pending"
    )
    rig.hold_select()


def denied(rig):
    return [(event["method"], event["why"]) for event in rig.events() if event["e"] == "denied"]
