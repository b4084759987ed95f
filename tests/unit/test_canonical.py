"""Canonical JSON: the one spelling, the same on every machine. Expected texts are written by
hand.
"""

import pytest
from samples import document

from stimcore import canonical, prescription

TEXTS = [
    ({}, "{}"),
    ([], "[]"),
    ({"b": 1, "a": 2}, '{"a":2,"b":1}'),
    ([1, -2, 0], "[1,-2,0]"),
    (True, "true"),
    (False, "false"),
    ({"a": [{"z": "x", "B": True}]}, '{"a":[{"B":true,"z":"x"}]}'),
    ('a "b" \\c/', '"a \\"b\\" \\\\c/"'),
    (10**15, "1000000000000000"),
    ((1, 2), "[1,2]"),
    ('Kr\xe4ftigung "\xc9"', '"Kr\\u00e4ftigung \\"\\u00c9\\""'),
    ({"\xf1": "\xff"}, '{"\\u00f1":"\\u00ff"}'),
    ({"same": "same", "other": "same"}, '{"other":"same","same":"same"}'),
]


@pytest.mark.parametrize("row", TEXTS)
def test_spelling(row):
    value, expected = row
    assert canonical.text(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        None,
        {1: 2},
        "J\x9frg",
        "J\xa0g",
        "\u0153",
        "tab\t",
        "\x00",
        "\x7f",
        b"x",
        {"a": None},
        [1.0],
        {"\u20ac": 1},
        float("nan"),
    ],
)
def test_what_has_no_spelling_is_refused(value):
    with pytest.raises(ValueError):
        canonical.text(value)


def test_the_sample_prescription_to_the_byte():
    assert canonical.text(prescription.from_toml_dict(document())) == (
        '{"caps":{"ch1_ua":30000,"ch2_ua":30000,"rest_s":1800,"session_s":1800,"sessions_per_day":3},'
        '"checks":{"contraindications_excluded":true,"sensation_tested":true},"counter":1,"device":"*","electrode_mm2":2500,'
        '"expires":"2027-02-22","id":"rx-0001","issued":"2026-11-22","patient":"P-017",'
        '"programs":[{"channels":[1,2],"gap_us":50,"name":"Pain '
        'relief","offset_us":0,"phase_us":100,"ramp_down_ms":1000,"ramp_up_ms":2000,"rate_mpps":80000,"session_s":1200}],"v":1}'
    )
