"""The twin's own clinic: a key that everybody has, put straight into an emulated flash.

For scenarios, the demo, the bench and tests. Its private half is published, so `evenpulse keys
install` refuses it: it proves nothing, and no device trusts it.
"""

import datetime
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from stimcore import keyring, slot

from evenpulse.prescription.keys import PrivateKey, load_private

_KEY = Path(__file__).with_name("twin_only.key.pem")
_NAME = "twin only"


@lru_cache
def key() -> PrivateKey:
    """The key that signs for twins."""
    return load_private(_KEY)


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
