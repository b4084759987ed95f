"""Every method of the link, in every state, by every role: what is not written here is denied.
Written apart from the table.
"""

import never_trust_keys as keys
import pytest
from whole_device import Rig, signed, text

from stimcore import link, roles, signature
from stimcore.states import STATES

CALIBRATION = {"channel": 1, "gain_permyriad": 0, "offset_ua": 0}
UPDATE = {"board": "sample", "version": "0.1.1", "sha256": "ab" * 32}
RUNS = ("BOOT", "READY", "ARMED", "RUNNING", "PAUSED", "ENDED", "FAULT")
REST = ("READY", "ENDED")

# Who: what they send with configure
SENDERS = {
    "nobody known": lambda: signed(sig=bytes(256)),
    "forger": lambda: signed(sig=keys.sign(text().encode(), keys.other_pair())),
    "another clinic": lambda: signed(
        key=signature.key_id(keys.OTHER_MODULUS), sig=keys.sign(text().encode(), keys.other_pair())
    ),
    "clinic": signed,
}
# (method, sender): states; service mode has no link at all
ALLOWED = {
    ("info", None): RUNS,
    ("self_test", None): RUNS,
    ("status", None): RUNS,
    ("log", None): RUNS,
    ("calibrate", None): REST,
    ("configure", "clinic"): REST,
    ("update", None): REST,
}


def allowed(method, sender, state):
    return state in ALLOWED.get((method, sender), ALLOWED.get((method, None), ()))


@pytest.mark.parametrize("sender", sorted(SENDERS))
@pytest.mark.parametrize("state", STATES)
def test_every_method_in_every_state_by_every_sender(state, sender):
    rig = Rig()
    rig.device.session.state = state
    params = {
        "configure": SENDERS[sender](),
        "calibrate": CALIBRATION,
        "log": {"from": 1},
        "update": UPDATE,
    }
    for method in sorted(rig.server._methods):
        answer = rig.ask(method, 1, **params.get(method, {}))
        # So that what was offered does not wait
        rig.round(pressed="DOWN")
        assert ("result" in answer) == allowed(method, sender, state), (method, answer)
        if "error" in answer:
            assert answer["error"]["code"] in (link.BUSY, link.REFUSED)
    assert rig.prescriptions.id is None and rig.device.session.state == state, (
        "nothing over the link accepts, arms or leaves a state"
    )


def test_every_method_has_a_row_and_what_has_none_is_denied():
    rig = Rig()
    assert set(rig.server._methods) <= set(roles.MAY)
    rig.server._methods["reboot"] = lambda params: {}
    for state in STATES:
        rig.device.session.state = state
        assert rig.ask("reboot", state)["error"]["code"] == link.BUSY


@pytest.mark.parametrize("state", STATES)
def test_the_other_roles(state):
    assert roles.may("patient", "accept", state) == (state in REST)
    assert roles.may("service", "keys", state) == (state == "SERVICE")
    for role in ("host", "clinician", "nobody"):
        assert not roles.may(role, "accept", state) and not roles.may(role, "keys", state)
    for role in ("host", "patient", "service"):
        assert not roles.may(role, "configure", state)
    assert not roles.may("host", "start", state)
