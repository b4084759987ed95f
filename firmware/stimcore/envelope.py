"""A signed prescription: its canonical text, the id of the key and the signature. In flash as
bytes, on the link and in a file as text.

In flash: key id (16 hex digits), signature (256 bytes), text.
"""

import binascii

from stimcore import signature
from stimcore.errors import Refused

_SOURCE = "signed prescription"
_HEAD_BYTES = signature.KEY_ID_DIGITS + signature.KEY_BYTES
_AGAIN = "take the file that `evenpulse prescribe sign` wrote, whole"


class Envelope:
    """`text` (bytes, what is signed), `key` (id of the clinic's key), `signature` (256 bytes)."""

    def __init__(self, text, key, sig):
        self.text = text
        self.key = key
        self.signature = sig

    def packed(self):
        """As flash keeps it."""
        return self.key.encode() + self.signature + self.text


def text_of(packed):
    """The signed text in bytes from flash that were found whole."""
    return packed[_HEAD_BYTES:]


def unpack(packed):
    """The envelope in bytes from flash. Raises Refused when they cannot be one."""
    if len(packed) <= _HEAD_BYTES:
        raise Refused(
            "prescription", "%d bytes" % len(packed), "more than %d" % _HEAD_BYTES, _SOURCE, _AGAIN
        )
    head = packed[: signature.KEY_ID_DIGITS]
    _refuse_key("".join([chr(byte) for byte in head]))
    return Envelope(text_of(packed), head.decode(), packed[signature.KEY_ID_DIGITS : _HEAD_BYTES])


def from_text(text, key, sig):
    """The envelope of three texts as link and file carry them (`sig` in base64). Raises Refused
    for anything malformed.
    """
    for field, value in (("rx", text), ("key", key), ("signature", sig)):
        if not isinstance(value, str):
            raise Refused(
                field,
                "missing" if value is None else "no text",
                "a text",
                _SOURCE,
                "sign it: evenpulse prescribe sign",
            )
    _refuse_key(key)
    try:
        raw = text.encode()
    except UnicodeError:
        # Half a surrogate pair, which only CPython's JSON lets through
        raise Refused("rx", "no text", "canonical JSON, ASCII", _SOURCE, _AGAIN)
    return Envelope(raw, key, _bytes_of(sig))


def signature_text(envelope):
    """The signature in base64, one line."""
    return binascii.b2a_base64(envelope.signature).decode().strip()


def _refuse_key(key):
    if len(key) != signature.KEY_ID_DIGITS or any(char not in "0123456789abcdef" for char in key):
        raise Refused(
            "key", repr(key)[:40], "%d hex digits" % signature.KEY_ID_DIGITS, _SOURCE, _AGAIN
        )


def _bytes_of(sig):
    """256 bytes from base64 that has one spelling only: what it decodes to must encode to the
    same text.
    """
    try:
        raw = binascii.a2b_base64(sig)
        exact = binascii.b2a_base64(raw).decode().strip() == sig
    except ValueError:
        raw, exact = b"", False
    if not exact or len(raw) != signature.KEY_BYTES:
        raise Refused(
            "signature",
            "%d characters" % len(sig),
            "%d bytes in base64" % signature.KEY_BYTES,
            _SOURCE,
            _AGAIN,
        )
    return raw
