"""What the screen shows in each state and language: words, turns, the bar of a hold; every row
fits 128 x 64 in letters that the font has.
"""

import pytest
from worded import LABELS, LANGUAGES, TURN_MS, all_turns, fits, said, session_in

from stimcore import interlock, layout, screens, texts
from stimcore.fields import LABEL_LETTERS_MAX
from stimcore.layout import FIGURES, LARGE, MEDIUM, SMALL
from stimcore.screens import screen
from stimcore.session import Session
from stimcore.states import STATES

NAMES = [
    "Pain relief",
    "Strength",
    "A B",
    "Exactly8",
    "Exactly8 Exactly8",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF",
    "Kr\xe4ftigung der Waden beidseits",
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", STATES[1:6])
def test_found_every_state_fits_in_every_language(state, language):
    for values in (
        {},
        {"wait_s": 86_400},
        {"stuck": "SELECT"},
        {"_last_ms": TURN_MS},
        {"_last_ms": 2 * TURN_MS},
        {"asks_end": True},
        {"set_ua": [100_000, 99_900]},
        {"set_ua": [500, 12_500], "channel": 2},
        {"left_ms": 3_600_000},
        {"left_ms": 59_000},
        {"left_today": 24, "_last_ms": TURN_MS},
    ):
        session = session_in(state, "lead_off" if state == "FAULT" else None, language, **values)
        for session.labels in (LABELS, ("", ""), ("\xc9paule", "Left calf")):
            for session.program["channels"] in ([1, 2], [2]):
                assert fits(screen(session, False)), (
                    session.labels,
                    session.program["channels"],
                    values,
                    screen(session, False),
                )
    if state == "RUNNING":
        assert fits(
            screen(session_in(state, language=language, hint="press_down", _last_ms=TURN_MS), False)
        )
    if state == "READY":
        assert fits(screen(session_in(state, language=language), True))
    nothing = Session()
    nothing.words = texts.Texts(language)
    nothing._enter("READY")
    assert fits(screen(nothing, False))


@pytest.mark.parametrize("language", LANGUAGES)
def test_found_every_message_is_shown_whole_and_fits(language):
    """Each page of each fault and refusal; together they say every word of its row, in its
    order.
    """
    for row in texts._TABLES[language].MESSAGES:
        name = row[0]
        if name in interlock.CODES:
            session = session_in("READY", name, language, ("Links", ""))
        else:
            session = session_in("READY", None, language, hint=name)
        shown = " ".join(all_turns(session)[:2])
        label = "Links" if "%s" in row[1] else ""
        for part in session.words.message(name, label):
            assert part in shown, (name, part, shown)
        for turn in (0, 1):
            session._last_ms = session._shown_ms + turn * TURN_MS
            rows = screen(session, False)
            assert fits(rows) and all(font is not SMALL for font, _, _, _ in rows), (name, rows)


@pytest.mark.parametrize("language", LANGUAGES)
def test_found_every_short_text_fits_its_place(language):
    """The bottom lines have 16 letters, the lock and the rest 10 beside the time, the answers
    figures, a question a line.
    """
    table = texts.Texts(language).said
    for name in (
        "press_down",
        "starting",
        "choose",
        "choose_skin",
        "done",
        "accept",
        "pain_before",
        "pain_after",
        "skin",
        "rx_new",
    ):
        assert len(table[name]) <= 16 - (name == "press_down"), name
    for name, most in (
        ("locked", 9),
        ("resting", 10),
        ("paused", 10),
        ("refuse", 10),
        ("none", 6),
        ("worst", 6),
        ("stopped", 10),
    ):
        assert len(table[name]) <= most, name
    assert len(table["stuck"] % "SELECT") <= 16 and len(table["pads"] % 2) <= LABEL_LETTERS_MAX
    for name in ("begin", "pain_offer", "cable", "go_on", "to_end"):
        assert layout.block([table[name]], 0, 32)[0][0] is not SMALL, name


def test_found_which_channel_is_said_by_its_name():
    assert (
        "Pad off or dry: Left calf"
        in all_turns(session_in("READY", "lead_off", labels=("Left calf", "")))[0]
    )
    assert "Pads 1" in all_turns(session_in("READY", "lead_off", labels=("", "")))[0]
    shown = said(session_in("RUNNING", labels=("Left calf", "Right calf")))
    assert "Left calf" in shown and "Right calf" in shown


@pytest.mark.parametrize("reason", [row[0] for row in interlock.REASONS[1:]])
def test_a_fault_says_stopped_and_what_happened_then_what_to_do(reason):
    first, second = all_turns(session_in("RUNNING", reason))[:2]
    assert first.startswith("STOPPED") and "START" not in first
    assert (
        "Hold START to test it."
        if reason in interlock.BROKEN + ("self_test",)
        else "Only service"
        if reason == "service"
        else "Hold START to go back."
    ) in second


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_any_shape_fits(name):
    for state in ("READY", "RUNNING"):
        assert fits(screen(session_in(state, name=name), False))
    assert said(session_in("READY", name=name)).replace(" ", "").startswith(name.replace(" ", ""))


def test_short_names_are_in_the_largest_letters():
    assert screen(session_in("READY", name="Strength"), False)[0][0] is LARGE
    assert screen(session_in("READY", name="Pain relief"), False)[0][0] is MEDIUM


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("question", ["before", "after", "skin"])
def test_every_question_fits(question, language):
    session = session_in("READY", language=language)
    session.rating.ask(question)
    for value in (None, False, True) if question == "skin" else (None, 0, 5, 10):
        session.rating.value = value
        assert fits(screen(session, False))


def test_the_running_screen_shows_what_was_asked_for_in_figures_of_32_dots():
    rows = screen(session_in("RUNNING", set_ua=[12_000, 100_000], ua=[6_000, 50_000]), False)
    assert (
        (FIGURES, 16, 16, "12 ") in rows and (FIGURES, 80, 16, "100") in rows and FIGURES[1] == 32
    )


def test_a_cap_between_two_steps_is_shown_with_its_tenths():
    """HZ9: 12.7 mA are no 12, and 5.3 stand a place to the left."""
    rows = screen(session_in("RUNNING", set_ua=[12_700, 5_300], ua=[0, 0]), False)
    for x, whole, tenths, at in ((16, "12", ".7", 48), (80, "5", ".3", 96)):
        assert (FIGURES, x, 16, whole) in rows
        assert [row[3] for row in rows if row[1] == at and row[2] == 32] == [tenths]


def test_time_left_is_rounded_up_and_the_last_minute_has_seconds():
    for ms, wanted in (
        (1_200_000, "20 min"),
        (1_140_001, "20 min"),
        (60_001, "2 min"),
        (60_000, "60 s"),
        (1_000, "1 s"),
    ):
        assert said(session_in("RUNNING", left_ms=ms)).endswith("UP/DOWN " + wanted)


def test_the_electrodes_have_a_symbol_each():
    rows = [row[3][:1] for row in screen(session_in("RUNNING", contact=[True, False]), False)]
    assert screens.PAD_GOOD in rows and screens.PAD_BAD in rows
    assert [row[3][:1] for row in screen(session_in("RUNNING"), False)].count(
        screens.PAD_UNKNOWN
    ) == 2


def test_what_up_and_down_change_is_marked():
    def marked(**values):
        return [
            screens.CHOSEN in row[3]
            for row in screen(session_in("RUNNING", **values), False)
            if row[2] == 16 and row[0] is MEDIUM
        ]

    assert (
        marked() == [True, True]
        and marked(channel=1) == [True, False]
        and marked(channel=2) == [False, True]
    )
    # The buttons are locked
    assert marked(_last_ms=4_000) == [False, False]


def test_ready_says_what_stands_in_the_way():
    assert "Pull the cable out" in said(session_in("READY"), usb_power=True)
    assert "Hold START to begin" in said(session_in("READY"))
    assert "Next session in 29 min" in said(session_in("READY", wait_s=1_740))
    assert "Next session in 23 h 59 min" in said(session_in("READY", wait_s=86_340))
    assert "START is stuck" in said(session_in("READY", stuck="START"))


def test_found_what_the_day_has_left_is_not_taken_for_a_side():
    """ "Left today: 2" stood beside left and right."""
    shown = all_turns(session_in("READY", left_today=2, _of_s=1_200))
    assert "20 min 2 more today" in shown[1] and not any(
        "Left" in text or "left" in text for text in shown
    )
    assert "Tell your pain: press UP" in shown[2]


def test_found_no_bare_hold_start_and_each_says_what_follows():
    """The same words led from STOPPED to READY, and meant another thing there."""
    fault, ready = (
        all_turns(session_in("RUNNING", "stop_pressed"))[1],
        all_turns(session_in("READY"))[0],
    )
    paused = all_turns(session_in("PAUSED"))
    assert "Hold START to go back." in fault and "Hold START to begin" in ready
    assert "Hold START to go on." in paused[0] and "Hold SELECT to end." in paused[1]


def test_found_ending_is_asked():
    assert (
        said(session_in("RUNNING", asks_end=True)) == "End the session? Hold SELECT: yes DOWN: no"
    )


def test_found_a_hold_grows_a_bar_in_place_of_the_bottom_line():
    for state in ("READY", "RUNNING", "PAUSED", "FAULT"):
        rows = screen(session_in(state, "supply" if state == "FAULT" else None), False)
        assert screens.with_bar(rows, 0) == rows
        lengths = []
        for steps in range(1, screens.BAR_STEPS + 1):
            held = screens.with_bar(rows, steps)
            assert fits(held) and held[-1][2] == 48 and len(held[-1][3]) == 16
            lengths.append(held[-1][3].count(screens.BAR_DONE))
        assert lengths == list(range(1, 17))
