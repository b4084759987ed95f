"""Texts of the screen in English. A new row goes into each language; tests/unit/test_texts.py
draws them all.
"""

_BACK = "Hold START to go back."
_TEST = "Hold START to test it."
_AGAIN = "Again? Call your clinic."
_BROKEN = "Pads off. Call your clinic."
_DEVICE = "A fault in the device."

# (name of a fault or a refusal, what happened, what to do, how to go on)
MESSAGES = (
    ("stop_pressed", "You pressed STOP.", "Let go of STOP.", _BACK),
    ("interlock_open", "The safety stop has acted.", "Check STOP and its cable.", _BACK),
    ("deadman", _DEVICE, _AGAIN, _BACK),
    ("usb_power", "A cable is plugged in.", "Pull it out.", _BACK),
    ("supply", "The battery is low.", "Charge it.", _BACK),
    ("engine_dry", _DEVICE, _AGAIN, _BACK),
    ("watchdog", "The device has restarted.", _AGAIN, _BACK),
    ("exception", _DEVICE, _AGAIN, _BACK),
    ("restart", "The device has restarted.", _AGAIN, _BACK),
    ("journal_full", "The memory is full.", "Your clinic must read it.", _BACK),
    ("lead_off", "Pad off or dry: %s", "Press both pads on.", _BACK),
    ("short", "Two pads or leads touch.", "Move them apart.", _TEST),
    ("over_current", "Current high: %s", _BROKEN, _TEST),
    ("unbalanced", "Uneven current: %s", _BROKEN, _TEST),
    ("width", "A pulse was too long.", _BROKEN, _TEST),
    ("no_measurement", "The current was not measured.", _AGAIN, _TEST),
    ("registers", _DEVICE, _AGAIN, _TEST),
    ("temperature", "Device too warm or cold.", "Let it rest.", _BACK),
    ("self_test", "The self-test failed.", "Call your clinic.", _TEST),
    ("clock", _DEVICE, _AGAIN, _BACK),
    ("service", _DEVICE, _BROKEN, "Only service can go on."),
    # Refused, and no fault.
    ("no_prescription", "There is no prescription.", "Ask your clinic.", "It brings a new one."),
    ("expired", "The prescription is out of date.", "Ask your clinic.", "It brings a new one."),
    ("still_open", "STOP is still open.", "Let go of STOP, check its cable.", _BACK),
    ("skin_not_fine", "Your skin is not fine.", "Ask your clinic", "before you go on."),
)

SAID = (
    # READY, two lines
    ("begin", "Hold START to begin"),
    ("minutes", "%d min"),
    ("more_today", "%d more today"),
    ("pain_offer", "Tell your pain: press UP"),
    ("cable", "Pull the cable out"),
    ("wait", "Next session in"),
    ("out_of_date", "Out of date. Ask your clinic."),
    ("stuck", "%s is stuck"),
    ("not_set", "Not set up"),
    ("ask_clinic", "Ask your clinic"),
    # A session, one line
    ("pads", "Pads %d"),
    ("starting", "Starts at 0"),
    ("locked", "Locked"),
    ("press_down", "Press DOWN"),
    ("feel_first", "Feel it first"),
    ("resting", "Resting"),
    ("paused", "Paused"),
    ("go_on", "Hold START to go on."),
    ("to_end", "Hold SELECT to end."),
    ("end_sure", "End the session?"),
    ("stopped", "STOPPED"),
    # questions
    ("pain_before", "Pain now?"),
    ("pain_after", "Done. Pain now?"),
    ("none", "none"),
    ("worst", "worst"),
    ("skin", "Skin looks fine?"),
    ("yes", "YES"),
    ("no", "NO"),
    ("choose", "UP/DOWN: choose"),
    ("choose_skin", "UP yes, DOWN no"),
    ("done", "START: done"),
    # What waits for a person
    ("accept", "Hold SELECT: yes"),
    ("refuse", "DOWN: no"),
    ("rx_new", "New prescription"),
    ("in_force", "In force already"),
    ("sets_date", "Sets the date"),
    ("had_date", "Device's date"),
    ("rx_for", "for"),
    ("at_most", "up to %s mA"),
    ("program", "Program %d of %d"),
    ("calibration", "New calibration?"),
    ("changes_current", "Current changes"),
    ("update", "New software?"),
    ("now", "now"),
    ("then", "then"),
    ("check_sum", "Sum"),
)
