"""A state machine of PIO by the fields of its registers, what it was told to execute, and the
instruction memory.
"""

from register_chip import PIO0, SM0

DMA, PWM = 0x50000000, 0x40050000
RXF0, IRQ = PIO0 + 0x20, PIO0 + 0x30
FORCED_HIGH = 3 << 16
GUARDED = ("CH1_A", "CH1_B", "CH2_A", "CH2_B", "HV_EN")
DREQ_PIO0_TX0, DREQ_PIO0_RX0, UNPACED = 0, 4, 0x3F
SET_PINS_LOW, SET_PINDIRS_IN, SET_PINDIRS_OUT, PULL_BLOCK, MOV_Y_OSR, WAIT_LOW = (
    0xE000,
    0xE080,
    0xE081,
    0x80A0,
    0xA047,
    0x2020,
)


def machine(chip, number, block=PIO0):
    """A state machine's registers by their fields."""
    divider, exec_, shift, pins = (
        chip.words[block + SM0 + 24 * number + at] for at in (0, 4, 8, 20)
    )
    return {
        "divider": divider / 65_536,
        "side optional": exec_ >> 30 & 1,
        "jmp pin": exec_ >> 24 & 31,
        "wrap": (exec_ >> 7 & 31, exec_ >> 12 & 31),
        "out right": shift >> 19 & 1,
        "in right": shift >> 18 & 1,
        "auto": shift >> 16 & 3,
        "joined": shift >> 30,
        "out": (pins & 31, pins >> 20 & 63),
        "set": (pins >> 5 & 31, pins >> 26 & 7),
        "side": (pins >> 10 & 31, pins >> 29),
        "in": pins >> 15 & 31,
    }


def executed(chip, number, block=PIO0):
    """What a machine was told to execute, in order."""
    return chip.wrote(block + SM0 + 24 * number + 16)


def in_memory(chip, block):
    """The instruction memory of a block."""
    return [chip.words.get(block + 0x48 + 4 * k, 0) for k in range(32)]


PLAIN = {"out right": 1, "in right": 0, "auto": 0, "joined": 0, "out": (0, 0)}
