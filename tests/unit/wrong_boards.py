"""Boards with one thing wrong, each with the field that a refusal must name and a word of its
limit. For host and device alike.
"""

from samples import board

OUT, LOW, HIGH, ADC = (
    ("out", 1, 0, "down"),
    ("in", 0, 1, "up"),
    ("in", 1, 0, "down"),
    ("adc", 1, 0, "none"),
)


def pins(**changes):
    """The sample board's pins: a role given as None is left out."""
    out = dict(board()["PINS"])
    out.update(changes)
    return {role: out[role] for role in out if out[role] is not None}


def one_channel(**changes):
    """The sample board with one channel, no screen, and no line or trigger that it can do
    without.
    """
    return board(
        CHANNELS=1,
        PINS=pins(
            **dict(
                {
                    "CH2_A": None,
                    "CH2_B": None,
                    "CH2_AMP": None,
                    "CH2_SENSE": None,
                    "OLED_SDA": None,
                    "OLED_SCL": None,
                    "TRIG_IN": None,
                    "SHORT_N": None,
                    "GUARD_SPARE_1": (12,) + OUT,
                    "GUARD_SPARE_2": (13,) + OUT,
                },
                **changes,
            )
        ),
    )


_BARE = ("CH1_A", "CH1_B", "CH2_A", "CH2_B", "HV_EN", "CH1_AMP", "CH2_AMP", "INTERLOCK_N")


def bare(**changes):
    """The sample board without an output stage: nothing is measured, nothing holds a pin,
    nothing tells a person.
    """
    free = {role: row[:4] + ("none",) for role, row in board()["PINS"].items() if role in _BARE}
    gone = dict.fromkeys(
        (
            "CH1_SENSE",
            "CH2_SENSE",
            "SUPPLY_SENSE",
            "OLED_SDA",
            "OLED_SCL",
            "BUZZER",
            "LED_READY",
            "LED_OUTPUT",
            "LED_FAULT",
            "SHORT_N",
            "TRIG_IN",
        )
    )
    free.update(gone)
    free.update(changes)
    facts = board(OUTPUT_STAGE=False, PINS=pins(**free))
    for name in (
        "COMPLIANCE_MV",
        "SHORT_OHM",
        "SHORT_FROM_UA",
        "SHORT_HOLD_MS",
        "SENSE_NV_PER_UA",
        "SUPPLY_DIVIDER",
        "SUPPLY_MIN_MV",
        "SUPPLY_MAX_MV",
        "OLED_I2C",
        "OLED_ADDRESS",
    ):
        del facts[name]
    return facts


def two_leds(**changes):
    """The sample board that tells by sound and light alone."""
    return board(PINS=pins(**dict({"OLED_SDA": None, "OLED_SCL": None}, **changes)))


SOUND = [
    ("two channels", board()),
    ("one channel", one_channel()),
    ("no output stage", bare()),
    ("light and sound", two_leds()),
    ("sound and text", board(PINS=pins(LED_FAULT=None))),
    ("light and text", board(PINS=pins(BUZZER=None))),
    ("no trigger, no short line", board(PINS=pins(TRIG_IN=None, SHORT_N=None))),
    ("the chip's own pull at a button", board(PINS=pins(BTN_UP=(21, "in", 0, 1, "none")))),
    (
        "the other I2C block",
        board(
            OLED_I2C=1,
            PINS=pins(
                OLED_SDA=(2, "i2c", 0, 1, "up"),
                OLED_SCL=(3, "i2c", 0, 1, "up"),
                INTERLOCK_N=(0, "in", 0, 0, "up"),
                LED_READY=(1,) + OUT,
            ),
        ),
    ),
    ("highest and lowest GPIO", board(PINS=pins(SYNC_OUT=(29,) + OUT, LED_READY=(15,) + OUT))),
    ("areas that touch", board(JOURNAL_OFFSET=0x188000, JOURNAL_BYTES=0x200000 - 0x188000)),
    ("a larger flash", board(FLASH_BYTES=0x400000, JOURNAL_OFFSET=0x3F0000)),
    ("areas in another order", board(KEYS_OFFSET=0x1E0000)),
]

# (what is wrong, board, field, words of value, limit, source or advice)
WRONG = [
    (
        "an unknown role",
        board(PINS=pins(CH3_A=(9,) + OUT)),
        "PINS.CH3_A",
        ("unknown role", "CH1_A", "2 channels"),
    ),
    (
        "channel 2 of one",
        one_channel(CH2_AMP=(6, "pwm", 1, 0, "down")),
        "PINS.CH2_AMP",
        ("unknown role", "1 channel"),
    ),
    (
        "a spare place of two channels",
        board(PINS=pins(GUARD_SPARE_1=(9,) + OUT)),
        "PINS.GUARD_SPARE_1",
        ("unknown role",),
    ),
    ("no leg", board(PINS=pins(CH1_B=None)), "PINS.CH1_B", ("missing", "safe level", "add it")),
    ("no spare place", one_channel(GUARD_SPARE_2=None), "PINS.GUARD_SPARE_2", ("missing",)),
    ("no interlock", bare(INTERLOCK_N=None), "PINS.INTERLOCK_N", ("missing",)),
    (
        "no current sense",
        board(PINS=pins(CH1_SENSE=None, CH2_SENSE=None)),
        "PINS.CH1_SENSE",
        ("missing",),
    ),
    ("no supply sense", board(PINS=pins(SUPPLY_SENSE=None)), "PINS.SUPPLY_SENSE", ("missing",)),
    (
        "one channel measured of two",
        dict(bare(CH1_SENSE=(26,) + ADC), SENSE_NV_PER_UA=5),
        "PINS.CH2_SENSE",
        ("both or none",),
    ),
    ("the other one", bare(CH2_SENSE=(27,) + ADC), "PINS.CH2_SENSE", ("both or none",)),
    ("half a screen", two_leds(OLED_SCL=(1, "i2c", 0, 1, "up")), "PINS.OLED_SDA", ("missing",)),
    ("the other half", two_leds(OLED_SDA=(0, "i2c", 0, 1, "up")), "PINS.OLED_SCL", ("missing",)),
    ("no pins", board(PINS=None), "PINS", ("None", "a table of roles")),
    (
        "a row without its safe level",
        board(PINS=pins(HV_EN=(14, "out", 1, "down"))),
        "PINS.HV_EN",
        ("safe level", "give all five"),
    ),
    (
        "a row with one too many",
        board(PINS=pins(HV_EN=(14, "out", 1, 0, "down", "none"))),
        "PINS.HV_EN",
        ("pull)", "give all five"),
    ),
    ("a row that is none", board(PINS=pins(HV_EN=14)), "PINS.HV_EN", ("14", "GPIO, direction")),
    (
        "a safe level that is high",
        board(PINS=pins(HV_EN=(14, "out", 1, 1, "down"))),
        "PINS.HV_EN safe level",
        ("1", "0"),
    ),
    (
        "no safe level",
        board(PINS=pins(HV_EN=(14, "out", 1, None, "down"))),
        "PINS.HV_EN safe level",
        ("None", "0"),
    ),
    (
        "a safe level that is no number",
        board(PINS=pins(HV_EN=(14, "out", 1, False, "down"))),
        "PINS.HV_EN safe level",
        ("False",),
    ),
    (
        "a bad direction",
        board(PINS=pins(CH1_A=(10, "in", 1, 0, "down"))),
        "PINS.CH1_A direction",
        ("in", "out"),
    ),
    (
        "no direction",
        board(PINS=pins(CH1_A=(10, "sideways", 1, 0, "down"))),
        "PINS.CH1_A direction",
        ("sideways", "out"),
    ),
    (
        "a lamp that is lit by low",
        board(PINS=pins(LED_FAULT=(7, "out", 0, 0, "down"))),
        "PINS.LED_FAULT active level",
        ("0", "1"),
    ),
    (
        "a leg that is held up",
        board(PINS=pins(CH1_A=(10, "out", 1, 0, "up"))),
        "PINS.CH1_A pull",
        ("up", "down", "output stage off"),
    ),
    (
        "a leg that nothing holds",
        board(PINS=pins(CH1_A=(10, "out", 1, 0, "none"))),
        "PINS.CH1_A pull",
        ("none", "down", "output stage off"),
    ),
    (
        "an amplitude that nothing holds",
        board(PINS=pins(CH2_AMP=(6, "pwm", 1, 0, "none"))),
        "PINS.CH2_AMP pull",
        ("none", "down"),
    ),
    (
        "an interlock that nothing holds",
        board(PINS=pins(INTERLOCK_N=(2, "in", 0, 0, "none"))),
        "PINS.INTERLOCK_N pull",
        ("none", "up"),
    ),
    (
        "a spare place that nothing holds",
        one_channel(GUARD_SPARE_1=(12, "out", 1, 0, "none")),
        "PINS.GUARD_SPARE_1 pull",
        ("none", "down"),
    ),
    (
        "a button that is held down",
        board(PINS=pins(BTN_UP=(21, "in", 0, 1, "down"))),
        "PINS.BTN_UP pull",
        ("down", "up or none"),
    ),
    (
        "a sense that is pulled",
        board(PINS=pins(CH1_SENSE=(26, "adc", 1, 0, "up"))),
        "PINS.CH1_SENSE pull",
        ("up", "none"),
    ),
    (
        "a GPIO beyond the chip's",
        board(PINS=pins(SYNC_OUT=(30,) + OUT)),
        "PINS.SYNC_OUT GPIO",
        ("30", "0 to 29"),
    ),
    (
        "a GPIO far beyond them",
        board(PINS=pins(SYNC_OUT=(31,) + OUT)),
        "PINS.SYNC_OUT GPIO",
        ("31", "0 to 29"),
    ),
    (
        "a GPIO below 0",
        board(PINS=pins(SYNC_OUT=(-1,) + OUT)),
        "PINS.SYNC_OUT GPIO",
        ("-1", "0 to 29"),
    ),
    (
        "a GPIO that is no number",
        board(PINS=pins(SYNC_OUT=("15",) + OUT)),
        "PINS.SYNC_OUT GPIO",
        ("15", "0 to 29"),
    ),
    (
        "a sense without a converter",
        board(PINS=pins(CH1_SENSE=(25,) + ADC)),
        "PINS.CH1_SENSE GPIO",
        ("25", "26 to 29", "ADC"),
    ),
    (
        "a GPIO used twice",
        board(PINS=pins(SYNC_OUT=(3,) + OUT)),
        "PINS.SYNC_OUT GPIO",
        ("3", "PINS.LED_READY has it"),
    ),
    (
        "guarded pins with a gap",
        board(PINS=pins(HV_EN=(9,) + OUT)),
        "PINS.HV_EN GPIO",
        ("9", "14", "consecutive"),
    ),
    (
        "guarded pins in another order",
        board(PINS=pins(CH1_B=(12,) + OUT, CH2_A=(11,) + OUT)),
        "PINS.CH1_B GPIO",
        ("12", "11", "consecutive"),
    ),
    (
        "amplitudes that share a slice",
        board(PINS=pins(CH2_AMP=(20, "pwm", 1, 0, "down"), BTN_STOP=(6,) + LOW)),
        "PINS.CH2_AMP GPIO",
        ("slice 2", "PINS.CH1_AMP has it on GPIO 4"),
    ),
    (
        "a buzzer on an amplitude's slice",
        board(PINS=pins(BUZZER=(5, "pwm", 1, 0, "down"), LED_OUTPUT=(8,) + OUT)),
        "PINS.CH1_AMP GPIO",
        ("slice 2", "BUZZER"),
    ),
    ("SDA of another block", board(OLED_I2C=1), "PINS.OLED_SDA GPIO", ("4 k + 2", "I2C 1")),
    (
        "SDA and SCL crossed",
        board(PINS=pins(OLED_SDA=(1, "i2c", 0, 1, "up"), OLED_SCL=(0, "i2c", 0, 1, "up"))),
        "PINS.OLED_SDA GPIO",
        ("1", "4 k + 0"),
    ),
    (
        "SCL of another block",
        board(PINS=pins(OLED_SCL=(3, "i2c", 0, 1, "up"), LED_READY=(1,) + OUT)),
        "PINS.OLED_SCL GPIO",
        ("3", "4 k + 1"),
    ),
    ("light alone", two_leds(BUZZER=None), "PINS", ("1 of light, sound, text", "two of")),
    ("two lamps are no light", two_leds(LED_OUTPUT=None), "PINS", ("1 of light, sound, text",)),
    ("a seal elsewhere", board(SEAL_OFFSET=0xFFE00), "SEAL_OFFSET", ("0xfff00",)),
    (
        "a seal in the flash storage",
        board(SEAL_OFFSET=0x100000),
        "SEAL_OFFSET",
        ("0xfff00", "before the flash storage"),
    ),
    (
        "an area in the program",
        board(KEYS_OFFSET=0x17F000),
        "KEYS_OFFSET",
        ("0x180000", "behind program"),
    ),
    ("an area off its sector", board(KEYS_OFFSET=0x182100), "KEYS_OFFSET", ("whole sectors",)),
    ("half a sector", board(KEYS_BYTES=0x2800), "KEYS_BYTES", ("whole sectors",)),
    ("one slot of two", board(COUNTER_BYTES=0x1000), "COUNTER_BYTES", ("0x2000", "2 sectors")),
    (
        "a journal that cannot erase ahead",
        board(JOURNAL_BYTES=0x7000),
        "JOURNAL_BYTES",
        ("0x8000", "8 sectors"),
    ),
    ("an area that is no number", board(JOURNAL_OFFSET="end"), "JOURNAL_OFFSET", ("end",)),
    (
        "areas that overlap",
        board(KEYS_BYTES=0x3000),
        "KEYS_BYTES",
        ("8192", "COUNTER begins at 0x184000"),
    ),
    (
        "two areas at one place",
        board(KEYS_OFFSET=0x184000),
        "COUNTER_BYTES",
        ("at most 0", "KEYS begins at 0x184000"),
    ),
    (
        "an area that leaves the flash",
        board(JOURNAL_BYTES=0x11000),
        "JOURNAL_BYTES",
        ("at most 65536", "the end of flash"),
    ),
    (
        "an area beyond the flash",
        board(JOURNAL_OFFSET=0x210000),
        "JOURNAL_BYTES",
        ("at most 0", "the end of flash"),
    ),
]
