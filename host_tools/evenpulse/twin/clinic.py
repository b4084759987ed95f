"""The twin's own clinic: a key that everybody has, put straight into an emulated flash; and
somebody else, who signs in its name.

For scenarios, the demo, the bench and tests. Both private halves are published, so `evenpulse keys
install` refuses them: they prove nothing, and no device trusts them.
"""

import datetime
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from stimcore import canonical, keyring, slot
from stimcore.envelope import Envelope

from evenpulse.prescription.keys import PrivateKey, load_private

_KEY = Path(__file__).with_name("twin_only.key.pem")
_OTHER_KEY = Path(__file__).with_name("not_the_clinic.key.pem")
_NAME = "twin only"


@lru_cache
def key() -> PrivateKey:
    """The key that signs for twins."""
    return load_private(_KEY)


@lru_cache
def others_key() -> PrivateKey:
    """The key of somebody who is not the clinic."""
    return load_private(_OTHER_KEY)


def forged(rx: dict) -> Envelope:
    """A prescription under the clinic's name, signed by somebody else."""
    text = canonical.text(rx).encode()
    return Envelope(text, key().public.id, others_key().sign(text))


def flash(board: Mapping) -> bytes:
    """A flash image of a new device of this board that trusts the twin's key, and nothing else
    in it.
    """
    text = keyring.text([(_NAME, key().public.modulus)])
    held = slot.head(keyring.MAGIC, text, 1) + text
    return b"\xff" * board["KEYS_OFFSET"] + held


def noon_s(rx: dict) -> int:
    """Noon of the day of issue, as a device's time: a run is the same whatever day it is today."""
    day = datetime.date.fromisoformat(rx["issued"])
    return int(datetime.datetime.combine(day, datetime.time(12), datetime.UTC).timestamp())
