"""The part of pytest that tests/unit uses, for MicroPython: mark.parametrize, param, raises,
approx, fail.
"""

import re

_cases = {}


def cases(function):
    """The keyword arguments of each run of a test function, in pytest's order."""
    return _cases.get(id(function), [{}])


class param:
    """One set of values; the id and marks are pytest's business."""

    def __init__(self, *values, **_rest):
        self.values = values


class mark:
    """Only parametrize: a mark that this file does not know is an error, not a skipped check."""

    @staticmethod
    def parametrize(names, values, ids=None):
        names = (
            [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
        )

        def decorate(function):
            sets = [_as_keywords(names, value) for value in values]
            _cases[id(function)] = [
                _joined(case, more) for case in cases(function) for more in sets
            ]
            return function

        return decorate


def _as_keywords(names, value):
    if isinstance(value, param):
        return dict(zip(names, value.values))
    return dict(zip(names, value)) if len(names) > 1 else {names[0]: value}


def _joined(first, second):
    both = dict(first)
    both.update(second)
    return both


class raises:
    """with raises(Error, match=r"...") as caught: ...; caught.value is the exception."""

    def __init__(self, expected, match=None):
        self._expected, self._match, self.value = expected, match, None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            raise AssertionError("did not raise %s" % (self._expected,))
        if not issubclass(kind, self._expected):
            return False
        self.value, self.type = error, kind
        if self._match is not None and not re.search(self._match, str(error)):
            raise AssertionError("%r does not match %r" % (str(error), self._match))
        return True


class approx:
    """A number within rel (of it) or abs, whichever is wider."""

    def __init__(self, expected, rel=1e-6, abs=1e-12):
        self._expected, self._margin = (
            expected,
            max(rel * (expected if expected > 0 else -expected), abs),
        )

    def __eq__(self, other):
        return -self._margin <= other - self._expected <= self._margin

    def __repr__(self):
        return "approx(%r)" % self._expected


def fail(reason=""):
    """Fails the test."""
    raise AssertionError(reason)
