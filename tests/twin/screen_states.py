"""On the device, in service mode: the screen of each state, drawn by the product's own panel and display."""

import board
from hal.display import Display
from stimcore import panel
from stimcore.session import Session

PROGRAM = {"name": "Pain relief", "channels": [1, 2], "phase_us": 100, "gap_us": 50, "rate_mpps": 80_000, "session_s": 1_200,
           "ramp_up_ms": 0, "ramp_down_ms": 0}
display = Display(board.PINS, board.OLED_I2C, board.OLED_ADDRESS, panel.SYMBOLS)


def session_in(state, **values):
    """A session of one program in a state, with some of its fields set."""
    session = Session()
    session.load([dict(PROGRAM, **values.pop("program", {}))], (30_000, 30_000))
    session._enter(state)
    session._left_ms = 1_043_000
    for name, value in values.items():
        setattr(session, name, value)
    return session


def asking(state, question, value):
    session = session_in(state)
    session.rating.ask(question)
    session.rating.value = value
    return session


def tripped(reason, hint=""):
    session = session_in("READY")
    session.trip(reason)
    session.hint = hint
    return session


def not_set():
    session = Session()
    session._enter("READY")
    return session


SCREENS = {
    "not_set": not_set,
    "ready": lambda: session_in("READY"),
    "ready_pain": lambda: session_in("READY", _last_ms=3_000),
    "ready_long_name": lambda: session_in("READY", program={"name": "Strengthening both legs"}),
    "ready_endless_word": lambda: session_in("READY", program={"name": "Transcutaneouselectricalnervesti"}),
    "ready_wait": lambda: session_in("READY", wait_s=1_740, left_today=0),
    "ready_wait_hours": lambda: session_in("READY", wait_s=84_900, left_today=0),
    "ready_stuck": lambda: session_in("READY", stuck="SELECT"),
    "question_before": lambda: asking("READY", "before", None),
    "armed": lambda: session_in("ARMED"),
    "running": lambda: session_in("RUNNING", set_ua=[12_000, 9_000], contact=[True, True]),
    "running_one": lambda: session_in("RUNNING", set_ua=[12_000, 9_000], channel=1),
    "running_odd": lambda: session_in("RUNNING", set_ua=[100_000, 12_500], contact=[False, None]),
    "running_single": lambda: session_in("RUNNING", program={"channels": [2]}, set_ua=[0, 7_000]),
    "locked": lambda: session_in("RUNNING", set_ua=[12_000, 9_000], _last_ms=4_000),
    "locked_pressed": lambda: session_in("RUNNING", set_ua=[12_000, 9_000], _last_ms=4_000, hint="Press DOWN"),
    "resting": lambda: session_in("RUNNING", program={"off_ms": 50_000}, set_ua=[12_000, 9_000], _last_ms=11_000, _pressed_ms=11_000),
    "paused": lambda: session_in("PAUSED"),
    "paused_later": lambda: session_in("PAUSED", _last_ms=3_000),
    "question_after": lambda: asking("ENDED", "after", None),
    "question_seven": lambda: asking("ENDED", "after", 7),
    "question_ten": lambda: asking("ENDED", "after", 10),
    "question_skin": lambda: asking("ENDED", "skin", None),
    "question_skin_no": lambda: asking("ENDED", "skin", False),
    "fault_stop_pressed": lambda: tripped("stop_pressed"),
    "fault_interlock_open": lambda: tripped("interlock_open"),
    "fault_supply": lambda: tripped("supply"),
    "fault_still_open": lambda: tripped("stop_pressed", "Still open"),
}


def show(name):
    """Put a state's screen on the glass; the rounds that took."""
    display.show(panel.screen(SCREENS[name](), False))
    rounds = 0
    while display.busy:
        display.round()
        rounds += 1
    print(rounds)
