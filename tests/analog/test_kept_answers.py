"""ngspice's kept answers are what it answers, and it is asked again when anything is other."""

import kept_answers
import numpy as np
import pytest
from evenpulse.analog import spice

# 1 mA out of 1 V, after 10 µs
DECK = "* a resistor\nV_a a 0 pulse(0 1 10u 1n 1n)\nR_a a 0 1k\n.tran 1u 50u\n.end\n"


@pytest.fixture
def asked(tmp_path, monkeypatch, plainly):
    """What ngspice is asked, with nothing kept yet; and who asks."""
    monkeypatch.setenv("EVENPULSE_CACHE", str(tmp_path))
    decks = []

    def _ask(deck, command="ngspice"):
        decks.append(deck)
        return plainly(deck, command)

    return decks, kept_answers.of(_ask)


def test_a_kept_answer_is_ngspices(asked, plainly):
    decks, ask = asked
    for answer in (ask(DECK), ask(DECK)):
        own = plainly(DECK)
        assert list(answer) == list(own) and "time" in own
        assert all(np.array_equal(answer[name], own[name]) for name in own)
    assert decks == [DECK] and own["v(a)"][-1] == pytest.approx(1)


def test_it_is_asked_again_when_anything_is_other(asked, monkeypatch):
    decks, ask = asked
    ask(DECK)
    other = DECK.replace("1k", "2k")
    ask(other)
    assert decks == [DECK, other]
    monkeypatch.setattr(kept_answers, "_program", lambda command: "another version")
    ask(DECK)
    monkeypatch.setattr(kept_answers.cache, "file_hash", lambda path: "another reader")
    ask(DECK)
    assert decks == [DECK, other, DECK, DECK]


def test_another_program_of_that_name_is_another(tmp_path, monkeypatch):
    for text in ("one", "two"):
        program = tmp_path / text / "bin" / "ngspice"
        program.parent.mkdir(parents=True)
        program.write_text(text)
        program.chmod(0o755)
    one, two = (str(tmp_path / text / "bin" / "ngspice") for text in ("one", "two"))
    before = kept_answers._program(one)
    assert before != kept_answers._program(two)
    models = tmp_path / "one" / "lib" / "ngspice"
    models.mkdir(parents=True)
    (models / "analog.cm").write_text("models")
    kept_answers._program.cache_clear()
    assert kept_answers._program(one) != before


def test_what_has_no_answer_is_not_kept(asked):
    decks, ask = asked
    for _ in range(2):
        with pytest.raises(spice.Stopped):
            ask("* bad\nV_a a 0 1\nD_a a 0 NOWHERE\n.tran 1u 1m\n.end\n")
    assert len(decks) == 2
