"""The clinic keys a device trusts: public keys only, at most four, each with a name for people.
As flash keeps them: JSON.
"""

import binascii
import json

from stimcore import canonical, signature
from stimcore.errors import Refused

KEYS_MAX = 4
MAGIC = b"EVKY"
_SOURCE = "key store of this device"


def text(keys):
    """Bytes for flash of a list of (name, modulus)."""
    return canonical.text(
        [[name, binascii.hexlify(modulus).decode()] for name, modulus in keys]
    ).encode()


def parse(raw):
    """List of (name, modulus) of bytes from flash. Raises ValueError or Refused for anything
    else.
    """
    rows = json.loads(raw.decode())
    if not isinstance(rows, list) or not all(
        isinstance(row, list) and len(row) == 2 for row in rows
    ):
        raise ValueError("no list of names and keys")
    keys = []
    for name, modulus in rows:
        keys = added(keys, name, modulus)
    return keys


def added(keys, name, modulus_hex):
    """`keys` with one more. Raises Refused for a bad name or key, one that is there, or one too
    many.
    """
    if (
        not isinstance(name, str)
        or not 1 <= len(name) <= 32
        or any(not 32 <= ord(char) < 127 for char in name)
    ):
        raise Refused(
            "name",
            repr(name)[:40],
            "1 to 32 printable ASCII characters",
            _SOURCE,
            "give the key another name",
        )
    try:
        modulus = binascii.unhexlify(modulus_hex)
    except (ValueError, TypeError):
        modulus = b""
    if not signature.is_modulus(modulus):
        raise Refused(
            "key", name, "an RSA key of 2048 bits", _SOURCE, "make one: evenpulse keys new"
        )
    if any(name == known or modulus == other for known, other in keys):
        raise Refused(
            "key",
            name,
            "a name and a key that are not there yet",
            _SOURCE,
            "remove the old one first, or do nothing",
        )
    if len(keys) >= KEYS_MAX:
        raise Refused(
            "key", name, "%d keys" % KEYS_MAX, _SOURCE, "remove one that is no longer used"
        )
    return keys + [(name, modulus)]


def removed(keys, key):
    """`keys` without the one of this id. Raises Refused when it is not there."""
    left = [(name, modulus) for name, modulus in keys if signature.key_id(modulus) != key]
    if len(left) == len(keys):
        raise Refused(
            "key",
            key,
            "one of " + (", ".join(ids(keys)) or "none"),
            _SOURCE,
            "see which are installed: evenpulse info",
        )
    return left


def ids(keys):
    """Key ids, in order."""
    return [signature.key_id(modulus) for _, modulus in keys]


def told(keys):
    """Keys as a host sees them: id and name of each."""
    return [{"key": signature.key_id(modulus), "name": name} for name, modulus in keys]
