"""A deck that ngspice does not get through is asked once more, with other options; one that it
never gets through has no answer.
"""

import pytest

from evenpulse.analog import deck, spice


def _stops_at(*options):
    """An ngspice that finds no way on with these; and what it was asked."""
    asked = []

    def run(text):
        asked.append(text)
        if any(one in text for one in options):
            raise spice.Stopped("ngspice stopped")
        return {"time": len(asked)}

    return run, asked


@pytest.mark.parametrize("then", [deck.CAREFUL, deck.CLOSER])
def test_a_second_time_it_is_asked_with_other_options(monkeypatch, then):
    """Seen with ngspice 44: two channels in one body, which 39 solves at once."""
    run, asked = _stops_at(deck.OPTIONS)
    monkeypatch.setattr(spice, "run", run)
    assert deck.solved(f"R1 a b 1\n{deck.OPTIONS}.end", then) == {"time": 2}
    assert asked == [f"R1 a b 1\n{deck.OPTIONS}.end", f"R1 a b 1\n{then}.end"]


def test_what_is_solved_is_asked_once(monkeypatch):
    run, asked = _stops_at()
    monkeypatch.setattr(spice, "run", run)
    assert deck.solved(deck.OPTIONS) == {"time": 1} and len(asked) == 1


def test_what_is_never_solved_has_no_answer(monkeypatch):
    run, asked = _stops_at(deck.OPTIONS, deck.CAREFUL)
    monkeypatch.setattr(spice, "run", run)
    with pytest.raises(spice.Stopped):
        deck.solved(deck.OPTIONS)
    assert len(asked) == 2
