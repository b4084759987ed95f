"""Which keys a device trusts: at most four, each once, each with a name; what flash holds reads
back the same.
"""

import never_trust_keys as keys
import pytest

from stimcore import keyring, signature
from stimcore.errors import Refused

HEX = "".join(keys.N_HEX)
OTHER_HEX = "".join(keys.OTHER_N_HEX)


def made(number):
    """Another modulus of the right shape."""
    return HEX[:-4] + "%03x1" % number


def test_added_is_read_back_and_told():
    ring = keyring.added(keyring.added([], "clinic", HEX), "ward 3", OTHER_HEX)
    assert (
        keyring.parse(keyring.text(ring))
        == ring
        == [("clinic", keys.MODULUS), ("ward 3", keys.OTHER_MODULUS)]
    )
    assert keyring.told(ring)[1] == {"key": signature.key_id(keys.OTHER_MODULUS), "name": "ward 3"}
    assert keyring.ids(ring)[0] == signature.key_id(keys.MODULUS)


def test_four_and_no_more():
    ring = []
    for number in range(4):
        ring = keyring.added(ring, "k%d" % number, made(number))
    with pytest.raises(Refused) as caught:
        keyring.added(ring, "k4", made(4))
    assert "4 keys" in str(caught.value) and len(keyring.text(ring)) < 4_096 - 16


@pytest.mark.parametrize(
    "row",
    [
        ("clinic", OTHER_HEX),
        ("again", HEX),
        ("", OTHER_HEX),
        ("x" * 33, OTHER_HEX),
        ("J\xf6rg", OTHER_HEX),
        (5, OTHER_HEX),
        ("short", HEX[2:]),
        ("long", HEX + "01"),
        ("even", HEX[:-1] + "0"),
        ("small", "00" + HEX[2:]),
        ("text", "xy"),
        ("none", None),
    ],
)
def test_what_is_no_new_key_is_refused(row):
    with pytest.raises(Refused):
        keyring.added([("clinic", keys.MODULUS)], row[0], row[1])


def test_removed_by_id():
    ring = [("clinic", keys.MODULUS), ("other", keys.OTHER_MODULUS)]
    assert keyring.removed(ring, signature.key_id(keys.MODULUS)) == ring[1:]
    with pytest.raises(Refused) as caught:
        keyring.removed(ring, "0" * 16)
    assert signature.key_id(keys.MODULUS) in str(caught.value)
