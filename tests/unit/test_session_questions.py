"""The questions before and after a session: what was answered, and what was not."""

import pytest
from samples import document, program
from ticked_session import ROUND_MS, Rig, ended, rating_of

from stimcore import prescription, screens


def test_all_questions_answered():
    rig = ended(before=7)
    for name in ("UP", "UP", "UP", "START", "DOWN", "UP", "START"):
        rig.press(name)
    assert rig.session.state == "READY" and rating_of(rig) == [
        {"before": 7, "after": 2, "skin": True}
    ]
    assert [fields["pain"] for name, fields in rig.events if name == "start"] == [7]


def test_found_start_at_the_unanswered_pain_question_still_asks_about_the_skin():
    rig = ended()
    rig.press("START")
    assert rig.session.state == "ENDED" and rig.session.rating.asking == "skin"
    for name in ("DOWN", "START"):
        rig.press(name)
    assert rating_of(rig) == [{"before": None, "after": None, "skin": False}]


def test_select_skips_one_question():
    rig = ended()
    for name in ("SELECT", "DOWN", "START"):
        rig.press(name)
    assert (
        rating_of(rig) == [{"before": None, "after": None, "skin": False}]
        and rig.session.hint == "skin_not_fine"
    )


@pytest.mark.parametrize("way", ["start", "stop", "nobody"])
def test_nobody_has_to_answer(way):
    rig = ended()
    if way == "start":
        rig.press("START")
        rig.press("START")
    elif way == "stop":
        rig.inputs.stop_down = True
        rig.run(ROUND_MS)
    else:
        rig.run(121_000)
    assert rig.session.state == "READY" and rating_of(rig) == [
        {"before": None, "after": None, "skin": None}
    ]


def test_what_was_chosen_but_not_confirmed_is_no_answer():
    rig = ended()
    rig.press("DOWN")
    assert rig.session.rating.value == 10
    rig.run(121_000)
    assert rating_of(rig) == [{"before": None, "after": None, "skin": None}]


def test_the_question_before_is_in_nobodys_way():
    rig = Rig()
    rig.press("UP")
    assert rig.session.rating.asking == "before" and rig.session.state == "READY"
    assert rig.hold("START").state == "ARMED" and rig.session.rating.asking == ""
    rig = Rig()
    rig.press("DOWN")
    rig.run(121_000)
    assert rig.session.rating.asking == "" and rig.session.state == "READY"


def test_pain_stays_between_0_and_10():
    rig = Rig()
    rig.press("UP")
    for _ in range(15):
        rig.press("UP")
    assert rig.session.rating.value == 10
    for _ in range(15):
        rig.press("DOWN")
    assert rig.session.rating.value == 0 and rig.session.set_ua == [0, 0]


def test_pain_told_half_an_hour_ago_is_not_that_of_the_session():
    rig = Rig()
    for name in ("UP", "UP", "START"):
        rig.press(name)
    assert rig.session.rating.before == 0
    rig.run(1_801_000, 50)
    rig.hold("START")
    assert rig.events[-1][1]["pain"] is None


def test_select_still_changes_the_program_and_only_skips_an_open_question():
    rx = prescription.from_toml_dict(document(program(name="One"), program(name="Two")))
    rig = Rig()
    rig.session.load(rx["programs"], (30_000, 30_000))
    rig.press("SELECT")
    assert rig.session.program["name"] == "Two"
    rig.press("UP")
    rig.press("SELECT")
    assert rig.session.program["name"] == "Two" and rig.session.rating.asking == ""


def test_select_has_nothing_to_choose_with_one_channel():
    rig = Rig(channels=[2]).running()
    rig.press("SELECT")
    rig.press("UP")
    assert rig.session.set_ua == [0, 1_000]


@pytest.mark.parametrize("off_s,told", [(4.999, False), (5, True), (5.001, True)])
def test_an_off_time_is_told_from_five_seconds_on(off_s, told):
    """A shorter one would only flicker."""
    rig = Rig(minutes=1, on_s=3, off_s=off_s).running(2)
    shown = []
    for _ in range(20):
        rig.run(500)
        rows = screens.screen(rig.session, False)
        shown.append(any("Resting" in row[3] for row in rows))
    assert any(shown) == told and not all(shown)


@pytest.mark.parametrize("pattern", [{}, {"on_s": 3, "off_s": 6}])
def test_what_therapy_shows_changes_only_when_it_is_told(pattern):
    """The supervisor builds a screen of therapy when `redraw` or `glance` say so: nothing else
    may change what it shows.
    """
    rig = Rig(minutes=1.5, **pattern)
    rig.running(2)
    session, seen, glance, drawn = rig.session, None, None, 0
    while session.state == "RUNNING":
        rows = screens.screen(session, False)
        if rows != seen:
            drawn += 1
            assert session.redraw or session.glance != glance, rows
        session.redraw, seen, glance = False, rows, session.glance
        rig.run(5 * ROUND_MS)
    assert drawn > 60
