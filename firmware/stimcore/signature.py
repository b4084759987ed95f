"""RSA-2048 signatures, PKCS#1 v1.5 with SHA-256 (RFC 8017, section 8.2.2). Verification only: no
secret is ever here.

A public key is its modulus of 256 bytes; the exponent is 65537. Nothing is parsed: the whole padded
block that a sound signature must give is built and compared, so no padding, trailing or algorithm
trick has anything to hold on to.
"""

import binascii
import hashlib

KEY_BYTES = 256
EXPONENT = 65_537
KEY_ID_DIGITS = 16

# DER of DigestInfo for SHA-256, before the digest: RFC 8017, section 9.2, note 1.
_DIGEST_INFO = binascii.unhexlify("3031300d060960864801650304020105000420")
_PADDING = b"\x00\x01" + b"\xff" * (KEY_BYTES - 3 - len(_DIGEST_INFO) - 32) + b"\x00"


def is_modulus(modulus):
    """True for bytes that can be the modulus of a key of exactly 2048 bits: top bit set, odd."""
    return len(modulus) == KEY_BYTES and modulus[0] >= 0x80 and modulus[-1] & 1 == 1


def key_id(modulus):
    """What a key is called: the first 16 hex digits of the SHA-256 of its modulus."""
    return binascii.hexlify(hashlib.sha256(modulus).digest()).decode()[:KEY_ID_DIGITS]


def verify(message, signature, modulus):
    """True when `signature` (bytes) is that of `message` (bytes) under the key `modulus`
    (bytes). Takes 140 ms on the chip.
    """
    if len(signature) != KEY_BYTES or not is_modulus(modulus):
        return False
    n = int.from_bytes(modulus, "big")
    s = int.from_bytes(signature, "big")
    # The same signature plus n would pass too
    if s >= n:
        return False
    block = pow(s, EXPONENT, n).to_bytes(KEY_BYTES, "big")
    return block == _PADDING + _DIGEST_INFO + hashlib.sha256(message).digest()
