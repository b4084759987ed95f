"""What the screen shows in each state: a tuple of (font, x, y, text), 128 x 64. Pure functions
of the session and its language.
"""

from stimcore.layout import FIGURES, HEIGHT, LARGE, MEDIUM, SMALL, WIDTH, block, letters

# Symbols, letters of MEDIUM.
LOCK, PAD_GOOD, PAD_BAD, PAD_UNKNOWN, CHOSEN, BAR_DONE, BAR_TO_COME = (
    "\x01",
    "\x02",
    "\x03",
    "\x04",
    "\x05",
    "\x06",
    "\x07",
)
_PADS = {None: PAD_UNKNOWN, True: PAD_GOOD, False: PAD_BAD}
BAR_STEPS = 16
_BAR_Y = 48
_HALF = WIDTH // 2


def screen(session, usb_power):
    """Rows of what the session shows. What does not fit one page takes turns with
    `session.turn`.
    """
    words, state = session.words, session.state
    if state == "FAULT":
        if session.hint:
            return _refusal(words, session.hint, session.turn)
        return _fault(words, session.latch.reason, session.fault_label, session.turn)
    if session.rating.asking:
        return _question(words.said, session.rating)
    if session.asks_end:
        return block(
            [words.said["end_sure"], words.said["accept"], words.said["refuse"]], 0, HEIGHT
        )
    if state in ("ARMED", "RUNNING"):
        return _running(session, words.said)
    if state == "PAUSED":
        return _paused(session, words.said)
    if words.has_message(session.hint):
        return _refusal(words, session.hint, session.turn)
    if session.program is None:
        return block([words.said["not_set"]], 0, 32) + block([words.said["ask_clinic"]], 32, 32)
    return block([session.program["name"]], 0, 32) + block(
        _ready(session, words.said, usb_power), 32, 32
    )


def with_bar(rows, steps):
    """The same with a bar at the foot that shows how long a button has been held: `steps` of
    BAR_STEPS; 0: none.
    """
    if not steps:
        return rows
    bar = BAR_DONE * steps + BAR_TO_COME * (BAR_STEPS - steps)
    return tuple([row for row in rows if _foot(row) <= _BAR_Y]) + ((MEDIUM, 0, _BAR_Y, bar),)


def _foot(row):
    """The first line of dots below a row."""
    (_, high), _, y, _ = row
    return y + high


def _fault(words, reason, label, turn):
    """Two pages: that it has stopped and why; what to do and how to go on."""
    happened, do, go_on = words.message(reason, label)
    if turn % 2:
        return block([do, go_on], 0, HEIGHT)
    title = words.said["stopped"]
    return ((LARGE, (WIDTH - LARGE[0] * len(title)) // 2, 0, title),) + block([happened], 24, 40)


def _refusal(words, name, turn):
    """Why START does nothing: all of it, if it fits in letters of 16 dots, else in two pages."""
    happened, do, go_on = words.message(name)
    rows = block([happened, do, go_on], 0, HEIGHT)
    if rows[0][0] is not SMALL:
        return rows
    return block([do, go_on] if turn % 2 else [happened], 0, HEIGHT)


def _ready(session, said, usb_power):
    """What stands in the way, or what to do; length and number of sessions take turns with it,
    and the question about pain.
    """
    if session.stuck:
        return [said["stuck"] % session.stuck]
    if session.expired:
        return [said["out_of_date"]]
    if usb_power:
        return [said["cable"]]
    minutes = (session.left_s + 59) // 60
    day = [said["minutes"] % minutes, said["more_today"] % session.left_today]
    if session.wait_s:
        return day if session.turn % 2 else [said["wait"], _waiting(session.wait_s)]
    if session.turn % 3 == 2 and session.rating.before is None:
        return [said["pain_offer"]]
    return day if session.turn % 3 == 1 else [said["begin"]]


def _waiting(seconds):
    minutes = (seconds + 59) // 60
    return "%d min" % minutes if minutes < 100 else "%d h %d min" % (minutes // 60, minutes % 60)


def _left(seconds):
    """Time left in 6 letters: minutes, rounded up; the last one in seconds."""
    return "%2d min" % ((seconds + 59) // 60) if seconds > 60 else "%4d s" % seconds


def channel_name(said, labels, channel):
    """What the clinic calls a channel, or its number."""
    return labels[channel - 1] or said["pads"] % channel


def _running(session, said):
    """Names of the channels, the current of each in figures of 32 dots, how its pad conducts,
    and the bottom line.
    """
    channels = session.program["channels"]
    names = [channel_name(said, session.labels, channel) for channel in channels]
    alone = len(channels) == 1
    font = MEDIUM if alone or max([len(name) for name in names]) < letters(MEDIUM) // 2 else SMALL
    rows = []
    for k in range(len(channels)):
        i, x = channels[k] - 1, _HALF * k
        ua = session.set_ua[i]
        acts = CHOSEN if session.channel in (0, channels[k]) and not session.locked else " "
        rows.append((font, x, 0, names[k]))
        rows.append((MEDIUM, x, 16, _PADS[session.contact[i]] + acts))
        rows.append((MEDIUM, x, 32, "mA"))
        # At a cap between two steps
        if ua % 1_000:
            rows.append((FIGURES, x + 16, 16, str(ua // 1_000)))
            rows.append((MEDIUM, x + (48 if ua >= 10_000 else 32), 32, ".%d" % (ua % 1_000 // 100)))
        else:
            rows.append((FIGURES, x + 16, 16, "%-3d" % (ua // 1_000)))
    rows.append((MEDIUM, 0, _BAR_Y, _status(session, said)))
    return tuple(rows)


def _status(session, said):
    """The bottom line while a session lasts: a warning alone; else the lock, or what the buttons
    do, and the time left.
    """
    if session.stuck:
        return "%-16s" % (said["stuck"] % session.stuck)
    if session.state == "ARMED":
        return "%-16s" % said["starting"]
    if session.hint and session.locked == (session.hint == "press_down"):
        return "%-16s" % (LOCK * session.locked + said[session.hint])
    if session.locked:
        what = LOCK + said["locked"]
    else:
        what = said["resting"] if session.resting else "UP/DOWN"
    return "%-10s%6s" % (what, _left(session.left_s))


def _paused(session, said):
    """What START and SELECT do next, in turn."""
    what = said["to_end" if session.turn % 2 else "go_on"]
    return ((MEDIUM, 0, 0, "%-10s%6s" % (said["paused"], _left(session.left_s))),) + block(
        [what], 16, 48
    )


def _question(said, rating):
    """One question: the answer large in the middle, what the ends of the scale mean beside it,
    what to press below.
    """
    value = rating.value
    if rating.asking == "skin":
        shown = "?" if value is None else said["yes" if value else "no"]
        last = said["choose_skin" if value is None else "done"]
        return (
            (MEDIUM, 0, 0, said["skin"]),
            (FIGURES, 64 - 8 * len(shown), 16, shown),
            (MEDIUM, 0, 48, last),
        )
    last = said["choose" if value is None else "done"]
    shown = "?" if value is None else str(value)
    worst = said["worst"]
    return (
        (MEDIUM, 0, 0, said["pain_" + rating.asking]),
        (MEDIUM, 0, 16, "0"),
        (MEDIUM, 0, 32, said["none"]),
        (FIGURES, 64 - 8 * len(shown), 16, shown),
        (MEDIUM, 112, 16, "10"),
        (MEDIUM, WIDTH - 8 * len(worst), 32, worst),
        (MEDIUM, 0, 48, last),
    )
