"""Whether a signed prescription is the clinic's, and what it says: signature, canonical text, every
limit. Keeps nothing.
"""

import json

from stimcore import canonical, keyring, prescription, signature
from stimcore.errors import Refused


def verify(signed, keys):
    """Refuse what no installed key has signed. 150 ms."""
    known = keyring.ids(keys)
    if not known:
        raise Refused(
            "key",
            signed.key,
            "an installed clinic key; there is none",
            "key store of this device",
            "install the clinic's: hold SELECT while switching on, then evenpulse keys install",
        )
    if signed.key not in known:
        raise Refused(
            "key",
            signed.key,
            "one of " + ", ".join(known),
            "key store of this device",
            "sign with one of these, or install this one in service mode",
        )
    if not signature.verify(signed.text, signed.signature, keys[known.index(signed.key)][1]):
        raise Refused(
            "signature",
            "wrong",
            "the signature of key %s on exactly this text" % signed.key,
            "signed prescription",
            "it was changed or not signed by this clinic: do not use it, sign again",
        )


def read(signed, board):
    """Device form of an envelope that was verified. Raises Refused."""
    try:
        rx = json.loads(prescription.bounded(signed.text.decode()))
    except (ValueError, UnicodeError):
        raise Refused(
            "rx",
            "not JSON",
            "canonical JSON",
            "signed prescription",
            "sign it with this release's tool",
        )
    prescription.check(rx, board)
    if canonical.text(rx).encode() != signed.text:
        raise Refused(
            "rx",
            "another spelling",
            "canonical JSON",
            "signed prescription",
            "sign it with this release's tool",
        )
    return rx
