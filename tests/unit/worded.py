"""Sessions to look at, and what of their screens is asked: what is said, and whether it fits."""

from samples import document, program

from stimcore import layout, prescription, texts
from stimcore.fields import LABEL_LETTERS_MAX, has_letter
from stimcore.layout import FIGURES, MEDIUM
from stimcore.screens import screen
from stimcore.session import Session

LANGUAGES = texts.LANGUAGES
LABELS = ("W" * LABEL_LETTERS_MAX, "M" * LABEL_LETTERS_MAX)
TURN_MS = 4_000
SYMBOLS = [chr(code) for code in range(1, 8)]
ANSWERS = "0123456789? YESNOJAIU\xcd"


def session_in(
    state, reason=None, language="en", labels=LABELS, channels=(1, 2), name="Pain relief", **values
):
    session = Session()
    rx = prescription.from_toml_dict(document(program(name=name, channels=list(channels))))
    session.load(rx["programs"], (30_000, 30_000), language=language, labels=labels)
    session._enter(state)
    session._watched = False
    if reason:
        session.trip(reason, 1)
    session.timers.left_ms = values.pop("left_ms", 0)
    for key, value in values.items():
        setattr(session, key, value)
    return session


def fits(rows):
    """Inside the screen, on whole pages, nothing over something else, every letter one that its
    font has.
    """
    taken = []
    for font, x, y, text in rows:
        wide, high = font
        right, foot = x + wide * len(text.rstrip()), y + high
        if y % 8 or x < 0 or x + wide * len(text) > layout.WIDTH or foot > layout.HEIGHT:
            return False
        if any(
            not (
                char in ANSWERS
                if font == FIGURES
                else has_letter(char) or font == MEDIUM and char in SYMBOLS
            )
            for char in set(text)
        ):
            return False
        if any(
            x < other[2] and other[0] < right and y < other[3] and other[1] < foot
            for other in taken
        ):
            return False
        taken.append((x, y, right, foot))
    return True


def said(session, usb_power=False):
    """All that is shown, as one text."""
    return " ".join(" ".join([row[3] for row in screen(session, usb_power)]).split())


def all_turns(session, usb_power=False):
    """The same of each page in turn."""
    shown = []
    for turn in range(6):
        session._last_ms = session._shown_ms + turn * TURN_MS
        shown.append(said(session, usb_power))
    return shown
