"""What is out of bounds is known before it is parsed; what is sound, the largest prescription
too, is let through.
"""

import json

import pytest
from samples import document, program

from stimcore import bounds, canonical, prescription

BAD = {
    "a long number": b'{"a":' + b"9" * 21 + b"}",
    "a long number that is all": b"9" * 7_900,
    "a long fraction": b'{"a":0.' + b"1" * 30 + b"}",
    "a long list": b"[" + b"1," * 40 + b"1]",
    "many keys": b"{" + b",".join([b'"%d":0' % i for i in range(900)]) + b"}",
    "many texts": b"[" + b",".join([b'"x"'] * 65) + b"]",
    "deep list": b"[" * 9 + b"]" * 9,
    "half a character": b'{"\xed\xa0\x80":1}',
    "the other half, at the end": b'["x\xed\xbf\xbf',
    "half, escaped": b'["\\ud800"]',
    "the other half, escaped, in capitals": b'["x\\uDFFFx"]',
    # MicroPython would make two halves of it
    "a pair, escaped": b'["\\ud83e\\uddb5"]',
    "half behind what is sound": b'["\xed\x9f\xbf\\ud7ff\\ud800"]',
    "deep table": b'{"a":' * 9 + b"1" + b"}" * 9,
    "deep in many pieces": b'["a",' * 9 + b'"b"' + b"]" * 9,
    "blanks": b'{"a":' + b" " * 65 + b"1}",
}
GOOD = {
    "empty": b"{}",
    "digits": b'{"a":' + b"9" * 20 + b"}",
    "depth": b"[" * 8 + b"]" * 8,
    "numbers in a text": b'{"a":"' + b"9" * 4_000 + b'"}',
    "brackets in a text": b'{"a":"' + b"[{" * 2_000 + b'"}',
    "escaped quotes": b'{"a":"' + b'\\"9' * 2_000 + b'"}',
    "a backslash before a quote": b'{"a":"\\\\","b":1}',
    "64 texts": b"[" + b",".join([b'"x"'] * 64) + b"]",
    "letters": b'["\xc3\xa4\xe2\x82\xac\xed\x9f\xbf\xee\x80\x80\xf0\x9f\xa6\xb5"]',
    "escaped letters": b'["\\u00e4\\ud7ff\\ue000"]',
    "an escaped backslash before letters": b'["\\\\ud800"]',
    "half an escape": b'["\\ud',
    "the first byte of a letter": b'["\xed',
    "not JSON at all": b"hello",
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_out_of_bounds(name):
    assert bounds.why_not(BAD[name], 64)


@pytest.mark.parametrize("name", sorted(GOOD))
def test_within_bounds(name):
    assert bounds.why_not(GOOD[name], 64) == ""


def test_a_text_cannot_hide_what_follows():
    for before in (b'"\\\\"', b'"\\\\\\""', b'"\\""', b'""', b'"a\\\\\\\\"'):
        assert bounds.why_not(b"[" + before + b"," + b"9" * 30 + b"]", 64)
        json.loads(b"[" + before + b",1]")


def test_the_largest_prescription_is_let_through():
    sweep = {"rate_pps": [100, 2], "phase_us": [100, 200], "period_s": 12}
    programs = [
        program(
            name="x" * 32,
            preset="pain-conventional",
            offset_us=100,
            on_s=10,
            off_s=50,
            trigger=False,
            ramp="amplitude",
            sweep=sweep,
            rate_pps=None,
            phase_us=None,
        )
        for _ in range(8)
    ]
    text = canonical.text(
        prescription.from_toml_dict(
            document(*programs, language="en", labels={"ch1": "Left calf", "ch2": "Right calf"})
            if "labels" in str(prescription.TOP)
            else document(*programs)
        )
    )
    assert prescription.bounded(text) == text
    # With room for a few more fields
    assert text.count('"') // 2 * 4 < 3 * prescription.TEXTS_MAX


def test_a_prescription_out_of_bounds_is_not_parsed():
    with pytest.raises(ValueError):
        prescription.bounded('{"a":' + "9" * 30 + "}")
