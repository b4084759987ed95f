"""Canonical JSON against Python's own json, for any value that has a spelling and for any order
of keys.
"""

import json

from hypothesis import given
from hypothesis import strategies as st

from stimcore import canonical

text = st.text(
    st.characters(min_codepoint=32, max_codepoint=126)
    | st.characters(min_codepoint=161, max_codepoint=255)
)
values = st.recursive(
    st.booleans() | st.integers(-(10**15), 10**15) | text,
    lambda inner: st.lists(inner) | st.dictionaries(text, inner),
    max_leaves=30,
)


@given(values)
def test_it_is_what_json_writes_with_sorted_keys_and_no_blanks(value):
    assert canonical.text(value) == json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True
    )


@given(values)
def test_reading_it_back_gives_the_value_and_the_same_text(value):
    again = json.loads(canonical.text(value))
    assert again == value and canonical.text(again) == canonical.text(value)


def reordered(value, random):
    if isinstance(value, dict):
        keys = list(value)
        random.shuffle(keys)
        return {key: reordered(value[key], random) for key in keys}
    return [reordered(item, random) for item in value] if isinstance(value, list) else value


@given(values, st.randoms())
def test_the_order_of_keys_changes_nothing(value, random):
    assert canonical.text(reordered(value, random)) == canonical.text(value)


@given(values, values)
def test_two_values_never_share_a_text(one, other):
    # True == 1 in Python, never in JSON
    assert (canonical.text(one) == canonical.text(other)) == (
        json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    )
