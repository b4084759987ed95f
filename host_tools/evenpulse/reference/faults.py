"""docs/reference/faults.md: each reason to stop, as the patient, the clinician and the engineer
read it.
"""

from stimcore import interlock, texts_en

from evenpulse.reference import tables
from evenpulse.report import words

_ABOUT = """\
A fault switches the outputs off, stays with its first reason, and is in the journal. START held
leaves it once its cause is gone; those that mean broken hardware only after a self-test that
passes. The texts are in English, German, French and Spanish.\
"""
_CHANNEL = "the channel"


def text() -> str:
    """The page."""
    head = tables.head(
        "Faults",
        "`firmware/stimcore/interlock.py` and `texts_en.py`, and the report's words",
        _ABOUT,
    )
    rows = []
    for name, *lines in texts_en.MESSAGES:
        broken = "yes" if name in interlock.BROKEN else None
        screen = " ".join(lines).replace("%s", _CHANNEL)
        clinician = words.FAULTS[name].do if name in words.FAULTS else None
        engineer = (
            interlock.advice(name) if name in interlock.CODES else "no fault: START is refused"
        )
        rows.append((f"`{name}`", screen, clinician, engineer, broken))
    columns = (
        "reason",
        "the screen says",
        "the report says",
        "for the engineer",
        "broken hardware",
    )
    return f"{head}\n{tables.table(columns, rows)}"
