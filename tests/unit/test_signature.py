"""RSA signatures: what a clinic's key signed passes, and nothing else. Signatures are made by
the textbook, see never_trust_keys.
"""

import hashlib
import sys

import never_trust_keys as keys
import pytest

from stimcore.signature import is_modulus, key_id, verify

MESSAGE = b'{"counter":1,"id":"rx-0001"}'
SHA1_INFO = "3021300906052b0e03021a05000414"
SHA256_INFO = "3031300d060960864801650304020105000420"
# AlgorithmIdentifier without its NULL: some libraries take it
SHA256_WITHOUT_NULL = "302f300b0609608648016503040201" + "0420"


def passes(signature, message=MESSAGE, modulus=keys.MODULUS):
    return verify(message, signature, modulus)


def test_a_sound_signature_passes_for_any_length_of_message():
    for message in (b"", MESSAGE, b"x" * 3_816):
        assert verify(message, keys.sign(message), keys.MODULUS)


def test_the_key_is_named_by_its_modulus():
    assert key_id(keys.MODULUS) == hashlib.sha256(keys.MODULUS).digest().hex()[:16]


def test_another_message_or_another_key_does_not():
    sound = keys.sign(MESSAGE)
    assert not passes(sound, MESSAGE + b" ") and not passes(sound, MESSAGE[:-1])
    assert not passes(sound, modulus=keys.OTHER_MODULUS)
    assert not passes(keys.sign(MESSAGE, keys.other_pair()))


def spoilt_blocks():
    digest = hashlib.sha256(MESSAGE).digest()
    info = bytes(int(SHA256_INFO[i : i + 2], 16) for i in range(0, len(SHA256_INFO), 2))
    good = keys.block(MESSAGE)
    short = b"\0\1" + b"\xff" * 8 + b"\0" + info + digest
    return {
        "sha1": keys.block(
            MESSAGE,
            SHA1_INFO,
            hashlib.sha1(MESSAGE).digest() if hasattr(hashlib, "sha1") else digest[:20],
        ),
        "no null": keys.block(MESSAGE, SHA256_WITHOUT_NULL),
        "digest of another message": keys.block(b"other"),
        "digest cut": keys.block(MESSAGE, digest=digest[:31]),
        "padding for encryption": b"\0\2" + good[2:],
        "padding for no hash": b"\0\0" + good[2:],
        "first byte": b"\1" + good[1:],
        "a hole in the padding": good[:100] + b"\xfe" + good[101:],
        "no end of padding": good.replace(b"\xff\0\x30", b"\xff\xff\x30"),
        # Bleichenbacher 2006
        "garbage behind the digest": short + b"\0" * (256 - len(short)),
        "garbage in the parameters": b"\0\1"
        + b"\xff" * 8
        + b"\0"
        + info[:15]
        + b"\x41" * (256 - 11 - 15 - 36)
        + info[15:]
        + digest,
        "all zero": bytes(256),
    }


@pytest.mark.parametrize("name", sorted(spoilt_blocks()))
def test_a_block_that_is_not_exactly_right_fails(name):
    block = spoilt_blocks()[name]
    assert len(block) == 256 and block != keys.block(MESSAGE)
    assert not passes(keys.raw(block))


def test_a_block_that_is_exactly_right_passes():
    assert passes(keys.raw(keys.block(MESSAGE)))


def test_the_signature_has_one_spelling():
    n, _ = keys.pair()
    sound = keys.sign(MESSAGE)
    s = int.from_bytes(sound, "big")
    for wrong in (
        sound[1:],
        sound[:-1],
        sound + b"\0",
        b"\0" + sound,
        b"",
        bytes(256),
        b"\xff" * 256,
        keys.MODULUS,
        (n - 1).to_bytes(256, "big"),
        (n - s).to_bytes(256, "big"),
        (1).to_bytes(256, "big"),
    ):
        assert not passes(wrong)
    assert not passes((s + n).to_bytes(257, "big"))


def test_signature_plus_n_fails_where_it_fits_into_256_bytes():
    n, _ = keys.pair()
    number = 0
    # One in so many signatures is small enough
    while True:
        message = b"%d" % number
        s = int.from_bytes(keys.sign(message), "big")
        if s + n < 1 << 2048:
            break
        number += 1
    assert pow(s + n, 65_537, n) == pow(s, 65_537, n)
    assert not verify(message, (s + n).to_bytes(256, "big"), keys.MODULUS)


def test_no_flipped_bit_passes():
    sound = keys.sign(MESSAGE)
    # Every bit under CPython would take the other port minutes: there every 64th and the ends.
    bits = (
        range(2_048)
        if sys.implementation.name == "cpython"
        else sorted(set(range(0, 2_048, 64)) | {1, 7, 2_040, 2_047})
    )
    for bit in bits:
        flipped = bytearray(sound)
        flipped[bit // 8] ^= 1 << bit % 8
        assert not passes(bytes(flipped))
    assert passes(sound)


def test_a_key_is_2048_bits_and_odd():
    assert is_modulus(keys.MODULUS)
    for wrong in (
        keys.MODULUS[1:],
        b"\0" + keys.MODULUS,
        b"\x7f" + keys.MODULUS[1:],
        keys.MODULUS[:-1] + b"\x00",
        b"",
        bytes(256),
    ):
        assert not is_modulus(wrong) and not verify(MESSAGE, keys.sign(MESSAGE), wrong)
