"""What `cryptography` signs the device's code accepts, and both agree on what is no signature."""

import hashlib
import random

import never_trust_keys
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from stimcore.signature import key_id, verify

KEY = rsa.generate_private_key(65_537, 2_048)
MODULUS = KEY.public_key().public_numbers().n.to_bytes(256, "big")


def independent(message: bytes, signature: bytes) -> bool:
    try:
        KEY.public_key().verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        return True
    except InvalidSignature:
        return False


@settings(max_examples=60)
@given(st.binary(max_size=5_000))
def test_what_it_signs_passes(message):
    signature = KEY.sign(message, padding.PKCS1v15(), hashes.SHA256())
    assert verify(message, signature, MODULUS)
    assert not verify(message + b"\0", signature, MODULUS)


@pytest.mark.parametrize(
    "other",
    [hashes.SHA1(), hashes.SHA224(), hashes.SHA384(), hashes.SHA512(), hashes.SHA3_256()],
    ids=lambda h: h.name,
)
def test_another_hash_does_not_pass(other):
    assert not verify(b"text", KEY.sign(b"text", padding.PKCS1v15(), other), MODULUS)


@pytest.mark.parametrize("salt", [0, 32])
def test_another_padding_does_not_pass(salt):
    signature = KEY.sign(b"text", padding.PSS(padding.MGF1(hashes.SHA256()), salt), hashes.SHA256())
    assert not verify(b"text", signature, MODULUS)


def test_both_agree_on_every_flipped_bit():
    sound = KEY.sign(b"text", padding.PKCS1v15(), hashes.SHA256())
    for bit in range(2_048):
        flipped = bytearray(sound)
        flipped[bit // 8] ^= 1 << bit % 8
        assert (
            verify(b"text", bytes(flipped), MODULUS)
            == independent(b"text", bytes(flipped))
            is False
        )


def test_both_agree_on_any_block_of_bytes():
    chance = random.Random(1)
    for _ in range(300):
        block = chance.randbytes(256)
        assert verify(b"text", block, MODULUS) == independent(b"text", block) is False


def test_both_agree_on_a_signature_by_the_textbook():
    n, _ = never_trust_keys.pair()
    public = rsa.RSAPublicNumbers(65_537, n).public_key()
    public.verify(never_trust_keys.sign(b"text"), b"text", padding.PKCS1v15(), hashes.SHA256())
    assert verify(b"text", never_trust_keys.sign(b"text"), never_trust_keys.MODULUS)


def test_other_sizes_of_key_do_not_pass():
    for bits in (1_024, 2_047, 3_072, 4_096):
        key = rsa.generate_private_key(65_537, bits)
        modulus = key.public_key().public_numbers().n.to_bytes((bits + 7) // 8, "big")
        signature = key.sign(b"text", padding.PKCS1v15(), hashes.SHA256())
        assert not verify(b"text", signature, modulus)


def test_the_id_of_a_key():
    assert key_id(MODULUS) == hashlib.sha256(MODULUS).hexdigest()[:16]
