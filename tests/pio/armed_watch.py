"""A watch that has been armed, over a table of registers: what tests of it start from."""

from register_chip import DMA_CTRL_BUSY, PIO0, PIO1, SM0, Drivers

AMPLITUDE, DMA_STOPPED, REFERENCE, WORDS, INTERRUPTS, STRAYED = -1, -2, -3, -4, -5, -10
ROUNDS = 4
# Words before the rows
HEAD = 64
INSTR_MEM = 0x48
NVIC_PENDING = 0xE000E200
# INTERLOCK_N of nmes2
GPIO_STATUS, LINE = 0x40014000, 7
ALL = 0xFFFFFFFF


class Armed:
    """Drivers as they are with both trains running."""

    _built = None

    def __init__(self, idle=False):
        if not Armed._built:
            drivers = Drivers()
            hal = drivers.build()
            # Of the self-test: what stands from power-on on
            hal.engine.prepare()
            hal.guard.rehearse(60)
            hal.watch.take()
            hal.watch.stand()
            Armed._built = drivers, hal, drivers.chip.kept()
        self.drivers, self.hal, kept = Armed._built
        hal, chip = self.hal, self.drivers.chip
        self.chip = chip
        chip.put_back(kept)
        hal.engine.prepare()
        hal.monitors.arm([1, 2, 3, 4], True)
        hal.guard.arm()
        chip.words[chip.place(3)], chip.words[chip.place(2)] = 27, 0
        if idle:
            return
        hal.watch.take()
        for one in hal.amplitude.latches + hal.sensing.meters:
            chip.words[one.controls[0]] = DMA_CTRL_BUSY
        chip.words[PIO0] |= 3
        hal.watch.expect_running((1, 2))

    def found(self, rounds=ROUNDS):
        """What the watch says first."""
        return next(
            (wrong for wrong in (self.hal.watch.wrong() for _ in range(rounds)) if wrong), 0
        )


# What decides over timing, outputs and measuring: register and a bit of it (datasheet of the
# RP2040).
REGISTERS = {
    "RESETS": (0x4000C000, 1 << 10), "CLK_REF source": (0x40008030, 1),
    "CLK_REF divider": (0x40008034, 1 << 8),
    "CLK_SYS source": (0x4000803C, 1), "CLK_SYS divider": (0x40008040, 1 << 8),
    "CLK_ADC source": (0x40008060, 1 << 5),
    "CLK_ADC divider": (0x40008064, 1 << 8), "PLL_SYS lock": (0x40028000, 1 << 31),
    "PLL_SYS power": (0x40028004, 1), "PLL_SYS feedback": (0x40028008, 1),
    "PLL_SYS post dividers": (0x4002800C, 1 << 16), "PLL_USB lock": (0x4002C000, 1 << 31),
    "PLL_USB feedback": (0x4002C008, 1), "PLL_USB post dividers": (0x4002C00C, 1 << 16),
    "voltage": (0x40064000, 1 << 4), "brown-out": (0x40064004, 1),
    "what the watchdog resets": (0x40010008, 1), "watchdog tick": (0x4005802C, 1 << 9),
    "watchdog": (0x40058000, 1 << 30), "timer paused": (0x40054030, 1),
    "PIO 1 machines": (PIO1, 1 << 2), "PIO 0 synchronisers": (0x50200038, 1),
    "PIO 1 synchronisers": (0x50300038, 1), "converter": (0x4004C000, 1),
    "converter FIFO": (0x4004C008, 1), "converter divider": (0x4004C010, 1 << 8),
    "NVIC DMA": (0xE000E100, 1 << 11), "NVIC PIO 0": (0xE000E100, 1 << 7),
    "NVIC PIO 1": (0xE000E100, 1 << 9), "PIO 0 interrupts": (0x5020012C, 1 << 8),
    "NVIC monitors": (0xE000E100, 1 << 10), "vector of monitors": (0x20000068, 1 << 2),
    "interrupt of monitors": (0x50300138, 1 << 8),
    "PIO 1 interrupts": (0x5030012C, 1 << 9), "DMA interrupts": (0x50000404, 1 << 9),
    "PWM slices": (0x400500A0, 1), "PIO 0 machines": (PIO0, 1),
    "guard has cut": (PIO0 + SM0 + 24 * 3 + 12, 7),
    "dead-man has run out": (PIO0 + SM0 + 24 * 2 + 12, 4),
    "a monitor pulls": (GPIO_STATUS + 8 * LINE, 1 << 13),
}  # fmt: skip
# Pins whose function and pad outputs, interlocks or samples rest on.
ROLES = (
    "CH1_A",
    "CH1_B",
    "CH2_A",
    "CH2_B",
    "HV_EN",
    "INTERLOCK_N",
    "SHORT_N",
    "VBUS_SENSE",
    "SUPPLY_SENSE",
    "CH1_AMP",
    "CH2_AMP",
    "CH1_SENSE",
    "CH2_SENSE",
)
