"""The signed envelope: bytes in flash, texts on the link, and one spelling of each."""

import binascii

import pytest

from stimcore import envelope
from stimcore.envelope import Envelope
from stimcore.errors import Refused

KEY, SIG = "0123456789abcdef", bytes(range(256))
B64 = binascii.b2a_base64(SIG).decode().strip()


def test_flash_and_link_carry_the_same():
    one = Envelope(b'{"a":1}', KEY, SIG)
    assert one.packed() == KEY.encode() + SIG + b'{"a":1}'
    assert envelope.unpack(one.packed()).packed() == one.packed()
    assert (
        envelope.from_text('{"a":1}', KEY, envelope.signature_text(one)).packed() == one.packed()
        and envelope.signature_text(one) == B64
    )


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        KEY.encode() + SIG,
        b"\xff" * 300,
        KEY.upper().encode() + SIG + b"{}",
        b"0123456789abcdeg" + SIG + b"{}",
    ],
)
def test_bytes_that_are_no_envelope(packed):
    with pytest.raises(Refused):
        envelope.unpack(packed)


@pytest.mark.parametrize(
    "sig",
    [
        B64 + "\n",
        " " + B64,
        B64 + "=",
        B64[:-1],
        B64[:-4],
        B64 + "AAAA",
        B64.replace("A", "\n", 1),
        B64[:-3] + "9==",
        "\u20ac" + B64[1:],
        5,
        None,
    ],
)
def test_a_signature_has_one_spelling(sig):
    with pytest.raises(Refused) as caught:
        envelope.from_text("{}", KEY, sig)
    assert caught.value.field == "signature"
