"""What safety rests on of a board: its numbers, pins and flash, checked before anything is built on
them.

A board may only tighten what is compiled in; a number that is none would compare as neither above
nor below. A pin that is not what its driver takes it for would do something else than it says.
`boards/README.md` is the same in words.
"""

from stimcore import flash_map, limits
from stimcore.errors import Refused

_ADVICE = "correct board.py"
_MADE_FOR = "what this firmware's arithmetic is made for"
_FORMAT = "board format"
_STAGE = "OUTPUT_STAGE"

# (name, lowest, highest, source, what makes it needed: a role, the output stage, or "" always),
# both ends included
NUMBERS = (
    ("CHANNELS", 1, 2, "output stages that this firmware drives", ""),
    ("MAX_UA", limits.STEP_UA_MAX) + limits.RANGES["amplitude_ua"][1:] + ("",),
    ("FULL_SCALE_UA", limits.STEP_UA_MAX, 1_000_000, _MADE_FOR, ""),
    ("DEAD_TIME_US", 1) + limits.RANGES["gap_us"][1:] + ("",),
    ("SMALLEST_ELECTRODE_MM2",) + limits.RANGES["electrode_mm2"] + ("",),
    ("FLASH_BYTES", 2_097_152, 16_777_216, "flash of an RP2040 that holds program and storage", ""),
    ("COMPLIANCE_MV", 1, 1_000_000, _MADE_FOR, _STAGE),
    ("SHORT_OHM", 1, 1_000, _MADE_FOR, _STAGE),
    ("SHORT_FROM_UA", 1, 100_000, _MADE_FOR, _STAGE),
    ("SHORT_HOLD_MS", 15, 1_000, "longer than a round of 10 ms, to be seen in one", _STAGE),
    ("SENSE_NV_PER_UA", 1, 1_000_000, _MADE_FOR, "CH1_SENSE"),
    ("SUPPLY_DIVIDER", 1, 100, _MADE_FOR, "SUPPLY_SENSE"),
    ("SUPPLY_MIN_MV", 1, 100_000, _MADE_FOR, "SUPPLY_SENSE"),
    ("SUPPLY_MAX_MV", 1, 100_000, _MADE_FOR, "SUPPLY_SENSE"),
    ("OLED_I2C", 0, 1, "I2C blocks of the RP2040", "OLED_SDA"),
    ("OLED_ADDRESS", 0x08, 0x77, "7-bit addresses of I2C", "OLED_SDA"),
)
SWITCHES = ("SINGLE_CURRENT_SOURCE", "USB_ISOLATED", "OUTPUT_STAGE")
# (name, not below this one, why, what makes them needed)
ORDER = (
    ("FULL_SCALE_UA", "MAX_UA", "a set point has as many steps as full scale", ""),
    ("SUPPLY_MAX_MV", "SUPPLY_MIN_MV", "a window has two ends", "SUPPLY_SENSE"),
)

# What a role's driver takes its pin for: direction, active level, safe level, and the pull while
# nothing drives it.
_OUT, _IN_LOW, _IN_HIGH = ("out", 1, 0, "down"), ("in", 0, 1, "up"), ("in", 1, 0, "down")
_PWM, _I2C, _ADC = ("pwm", 1, 0, "down"), ("i2c", 0, 1, "up"), ("adc", 1, 0, "none")
_ALWAYS, _MAY = "", None
# role: (what it is, what makes it needed: as above, or None)
_ROLES = {
    "HV_EN": (_OUT, _ALWAYS),
    "INTERLOCK_N": (("in", 0, 0, "up"), _ALWAYS),
    "SYNC_OUT": (_OUT, _ALWAYS),
    "TRIG_IN": (_IN_HIGH, _MAY),
    "SHORT_N": (_IN_LOW, _MAY),
    "VBUS_SENSE": (_IN_HIGH, _ALWAYS),
    "SUPPLY_SENSE": (_ADC, _STAGE),
    "BTN_START": (_IN_LOW, _ALWAYS),
    "BTN_STOP": (_IN_LOW, _ALWAYS),
    "BTN_UP": (_IN_LOW, _ALWAYS),
    "BTN_DOWN": (_IN_LOW, _ALWAYS),
    "BTN_SELECT": (_IN_LOW, _ALWAYS),
    "LED_READY": (_OUT, _MAY),
    "LED_OUTPUT": (_OUT, _MAY),
    "LED_FAULT": (_OUT, _MAY),
    "OLED_SDA": (_I2C, "OLED_SCL"),
    "OLED_SCL": (_I2C, "OLED_SDA"),
    "BUZZER": (_PWM, _MAY),
}
_OF_A_CHANNEL = (
    ("A", _OUT, _ALWAYS),
    ("B", _OUT, _ALWAYS),
    ("AMP", _PWM, _ALWAYS),
    ("SENSE", _ADC, _STAGE),
)
# Keep the places of channel 2's legs where there is no channel 2
_SPARES = ("GUARD_SPARE_1", "GUARD_SPARE_2")
_COLUMNS = "(GPIO, direction, active level, safe level, pull)"
_GPIOS, _ADC_FIRST = 30, 26
# Light, sound, text: everything important reaches a person in two of these ways
_WAYS = (("LED_READY", "LED_OUTPUT", "LED_FAULT"), ("BUZZER",), ("OLED_SDA", "OLED_SCL"))


def check(board):
    """Refuse a board (its file's names as a dict) whose facts are missing, wider than what is
    compiled in, or not what drivers need.

    Field PINS.ROLE is an entry of PINS.
    """
    for name in SWITCHES:
        value = board.get(name, "missing")
        if not isinstance(value, bool):
            raise Refused(name, value, "True or False", _FORMAT, _ADVICE)
    pins = board.get("PINS", "missing")
    if not isinstance(pins, dict):
        raise Refused("PINS", pins, "a table of roles", _FORMAT, _ADVICE)
    for name, low, high, source, needed_by in NUMBERS:
        if _needed(needed_by, board):
            _check_number(board, name, low, high, source)
    for name, least, why, needed_by in ORDER:
        if _needed(needed_by, board) and board[name] < board[least]:
            raise Refused(
                name, board[name], "at least %s = %d" % (least, board[least]), why, _ADVICE
            )
    table = _roles(board["CHANNELS"])
    _check_roles(board, table)
    for role in pins:
        _check_row(role, table[role][0], board)
    _check_guarded(pins, board["CHANNELS"])
    _check_shared(pins)
    _check_blocks(board)
    if board[_STAGE]:
        _check_ways(pins)
    flash_map.check(board)


def guarded(channels):
    """The five roles that the guard switches, in the order of their GPIOs."""
    return ("CH1_A", "CH1_B") + (_SPARES if channels == 1 else ("CH2_A", "CH2_B")) + ("HV_EN",)


def _check_number(board, name, low, high, source):
    value = board.get(name, "missing")
    if not limits.is_whole(value) or not low <= value <= high:
        raise Refused(name, value, "%d to %d" % (low, high), source, _ADVICE)


def _needed(by, board):
    """True when a fact or role that is needed `by` something is."""
    return by == _ALWAYS or by == _STAGE and board[_STAGE] or by in board["PINS"]


def _roles(channels):
    """Every role of a board with so many channels, as _ROLES has them."""
    table = dict(_ROLES)
    for number in range(1, channels + 1):
        for what, kind, needed_by in _OF_A_CHANNEL:
            table["CH%d_%s" % (number, what)] = kind, needed_by
    if channels == 1:
        for role in _SPARES:
            table[role] = _OUT, _ALWAYS
    return table


def _check_roles(board, table):
    """Every role that is needed is there, and none that nobody knows."""
    pins, channels = board["PINS"], board["CHANNELS"]
    for role in pins:
        if role not in table:
            raise Refused(
                "PINS.%s" % role,
                "unknown role",
                "one of " + ", ".join(sorted(table)),
                "roles of a board with %d channel%s" % (channels, "s"[channels == 1 :]),
                "correct or remove it",
            )
    for role in sorted(table):
        if role not in pins and _needed(table[role][1], board):
            raise Refused(
                "PINS.%s" % role, "missing", _COLUMNS, "a role that this board needs", "add it"
            )
    if channels == 2 and ("CH1_SENSE" in pins) != ("CH2_SENSE" in pins):
        raise Refused(
            "PINS.CH2_SENSE",
            "not as CH1_SENSE",
            "both or none",
            "each channel is measured, or none is",
            "add or remove one",
        )


def _check_row(role, kind, board):
    """One entry of PINS is what its driver takes it for."""
    field, row = "PINS.%s" % role, board["PINS"][role]
    if not isinstance(row, (tuple, list)) or len(row) != 5:
        raise Refused(field, row, _COLUMNS, _FORMAT, "give all five")
    gpio, direction, active, safe, pull = row
    own_direction, own_active, own_safe, own_pull = kind
    low = _ADC_FIRST if own_direction == "adc" else 0
    if not limits.is_whole(gpio) or not low <= gpio < _GPIOS:
        raise Refused(
            field + " GPIO",
            gpio,
            "%d to %d" % (low, _GPIOS - 1),
            "GPIOs of the RP2040" + " with ADC" * bool(low),
            "choose another",
        )
    for what, given, own in (
        ("direction", direction, own_direction),
        ("active level", active, own_active),
        ("safe level", safe, own_safe),
    ):
        if given != own or isinstance(given, bool):
            raise Refused("%s %s" % (field, what), given, str(own), "what its driver does", _ADVICE)
    # The resistors that hold the output stage off while the chip is in reset; elsewhere the chip's
    # own pull will do.
    holds = board[_STAGE] and (
        role == "INTERLOCK_N" or role.endswith("_AMP") or role in guarded(board["CHANNELS"])
    )
    if pull != own_pull and (holds or pull != "none"):
        raise Refused(
            field + " pull",
            pull,
            own_pull + " or none" * (not holds and own_pull != "none"),
            "holds the output stage off while nothing drives it"
            if holds
            else "what its driver does",
            _ADVICE,
        )


def _check_guarded(pins, channels):
    """One instruction of the guard reaches five GPIOs in a row."""
    first = pins["CH1_A"][0]
    for place, role in enumerate(guarded(channels)):
        if pins[role][0] != first + place:
            raise Refused(
                "PINS.%s GPIO" % role,
                pins[role][0],
                "%d" % (first + place),
                "the guard switches %s with one instruction: consecutive GPIOs"
                % " ".join(guarded(channels)),
                "choose the next one",
            )


def _check_shared(pins):
    """A GPIO has one role, and a PWM slice one GPIO of ours."""
    gpios, slices = {}, {}
    for role in sorted(pins):
        gpio = pins[role][0]
        other = gpios.setdefault(gpio, role)
        if other != role:
            raise Refused(
                "PINS.%s GPIO" % role,
                gpio,
                "a GPIO of its own",
                "PINS.%s has it" % other,
                "choose another",
            )
        if pins[role][1] == "pwm":
            other = slices.setdefault(gpio >> 1 & 7, role)
            if other != role:
                raise Refused(
                    "PINS.%s GPIO" % role,
                    gpio,
                    "a PWM slice of its own, not slice %d" % (gpio >> 1 & 7),
                    "PINS.%s has it on GPIO %d: a latch would write both" % (other, pins[other][0]),
                    "choose another",
                )


def _check_blocks(board):
    """SDA and SCL are pins of the I2C block that the board names."""
    pins = board["PINS"]
    for place, role in enumerate(_WAYS[2]):
        if role in pins and pins[role][0] & 3 != 2 * board["OLED_I2C"] + place:
            raise Refused(
                "PINS.%s GPIO" % role,
                pins[role][0],
                "4 k + %d" % (2 * board["OLED_I2C"] + place),
                "pins of I2C %d on the RP2040" % board["OLED_I2C"],
                "choose another, or the other block",
            )


def _check_ways(pins):
    ways = sum([all([role in pins for role in way]) for way in _WAYS])
    if ways < 2:
        raise Refused(
            "PINS",
            "%d of light, sound, text" % ways,
            "two of: three LEDs, BUZZER, OLED_SDA and OLED_SCL",
            "everything important reaches a person in two ways",
            "add roles",
        )
