"""On the device, in service mode: the screen of each state, drawn by the product's own panel and
display.
"""

import gc

import board
from hal.display import Display
from stimcore import interlock, screens, texts
from stimcore.session import Session

PROGRAM = {
    "name": "Pain relief",
    "channels": [1, 2],
    "phase_us": 100,
    "gap_us": 50,
    "rate_mpps": 80_000,
    "session_s": 1_200,
    "ramp_up_ms": 0,
    "ramp_down_ms": 0,
}
display = Display(board.PINS, board.OLED_I2C, board.OLED_ADDRESS)
LABELS = ("Left calf", "Right calf")


def session_in(state, **values):
    """A session of one program in a state, with some of its fields set."""
    session = Session()
    program, language, labels = (
        values.pop("program", {}),
        values.pop("language", "en"),
        values.pop("labels", LABELS),
    )
    session.load([dict(PROGRAM, **program)], (30_000, 30_000), language=language, labels=labels)
    session._enter(state)
    session.timers.left_ms = 1_043_000
    for name, value in values.items():
        setattr(session, name, value)
    return session


def asking(state, question, value):
    session = session_in(state)
    session.rating.ask(question)
    session.rating.value = value
    return session


def tripped(reason, hint="", at_ms=0, language="en"):
    session = session_in("READY", language=language)
    session.trip(reason, 1)
    session.hint = hint
    session._last_ms = at_ms
    return session


def not_set():
    session = Session()
    session._enter("READY")
    return session


SCREENS = {
    "not_set": not_set,
    "ready": lambda: session_in("READY"),
    "ready_day": lambda: session_in("READY", _last_ms=4_000, left_today=2),
    "ready_pain": lambda: session_in("READY", _last_ms=8_000),
    "ready_short_name": lambda: session_in("READY", program={"name": "Strength"}),
    "ready_long_name": lambda: session_in("READY", program={"name": "Strengthening both legs"}),
    "ready_endless_word": lambda: session_in(
        "READY", program={"name": "Transcutaneouselectricalnervesti"}
    ),
    "ready_wait": lambda: session_in("READY", wait_s=1_740, left_today=0),
    "ready_wait_hours": lambda: session_in("READY", wait_s=84_900, left_today=0),
    "ready_stuck": lambda: session_in("READY", stuck="SELECT"),
    "ready_held": lambda: session_in("READY", bar=7),
    "question_before": lambda: asking("READY", "before", None),
    "armed": lambda: session_in("ARMED"),
    "running": lambda: session_in("RUNNING", set_ua=[12_000, 9_000], contact=[True, True]),
    "running_one": lambda: session_in("RUNNING", set_ua=[12_000, 9_000], channel=1),
    "running_odd": lambda: session_in("RUNNING", set_ua=[100_000, 12_500], contact=[False, None]),
    "running_single": lambda: session_in("RUNNING", program={"channels": [2]}, set_ua=[0, 7_000]),
    "running_no_names": lambda: session_in("RUNNING", labels=("", ""), set_ua=[30_000, 6_000]),
    "running_held": lambda: session_in(
        "RUNNING", set_ua=[12_000, 9_000], contact=[True, True], bar=12
    ),
    "locked": lambda: session_in("RUNNING", set_ua=[12_000, 9_000], _last_ms=4_000),
    "locked_pressed": lambda: session_in(
        "RUNNING", set_ua=[12_000, 9_000], _last_ms=4_000, hint="press_down"
    ),
    "resting": lambda: session_in(
        "RUNNING",
        program={"off_ms": 50_000},
        set_ua=[12_000, 9_000],
        _last_ms=11_000,
        _pressed_ms=11_000,
    ),
    "asks_end": lambda: session_in("RUNNING", asks_end=True),
    "paused": lambda: session_in("PAUSED"),
    "paused_later": lambda: session_in("PAUSED", _last_ms=4_000),
    "question_after": lambda: asking("ENDED", "after", None),
    "question_seven": lambda: asking("ENDED", "after", 7),
    "question_ten": lambda: asking("ENDED", "after", 10),
    "question_skin": lambda: asking("ENDED", "skin", None),
    "question_skin_no": lambda: asking("ENDED", "skin", False),
    "refused_skin": lambda: session_in("READY", hint="skin_not_fine"),
    "fault_lead_off": lambda: tripped("lead_off"),
    "fault_lead_off_later": lambda: tripped("lead_off", at_ms=4_000),
    "fault_supply": lambda: tripped("supply"),
    "fault_still_open": lambda: tripped("stop_pressed", "still_open"),
}


def message(language, name, page):
    """One page of a fault or refusal, in a language."""
    if name in interlock.CODES:
        return tripped(name, at_ms=4_000 * page, language=language)
    return session_in("READY", language=language, hint=name, _last_ms=4_000 * page)


def names():
    """Of all faults and refusals."""
    return [row[0] for row in texts._TABLES["en"].MESSAGES]


def figures():
    """Sizes of what the screens cost: bytes of heap that rounds of drawing and sending take."""
    display.show(screens.screen(SCREENS["ready"](), False))
    while display.busy:
        display.round()
    display.show(screens.screen(SCREENS["running"](), False))
    gc.collect()
    free = gc.mem_free()
    while display.busy:
        display.round()
    print(free - gc.mem_free())


def show_rows(rows):
    """Put rows on the glass; the rounds that took."""
    display.show(rows)
    rounds = 0
    while display.busy:
        display.round()
        rounds += 1
    return rounds


def show(name):
    """Put a state's screen on the glass; the rounds that took."""
    session = SCREENS[name]()
    print(show_rows(screens.with_bar(screens.screen(session, False), session.bar)))


def show_message(language, name, page):
    """Put a page of a message on the glass, and print its rows."""
    rows = screens.screen(message(language, name, page), False)
    show_rows(rows)
    print(repr(rows))
