"""A busy machine reddens no property: nothing that hypothesis times decides a test."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.errors import DeadlineExceeded, FailedHealthCheck

# Ten inputs in more than a second are too slow for hypothesis, and an example in 200 ms
_SLOW_S = 0.25


def _property(profile):
    @settings(profile, max_examples=8)
    @given(st.integers(0, 3).map(lambda number: time.sleep(_SLOW_S) or number))
    def slow(number):
        time.sleep(_SLOW_S)
        assert number < 4

    return slow


def test_a_property_on_a_slow_machine_passes():
    _property(settings.get_profile(settings.get_current_profile_name()))()


def test_by_itself_hypothesis_would_not_let_it():
    with pytest.raises((DeadlineExceeded, FailedHealthCheck)):
        _property(settings.get_profile("default"))()
