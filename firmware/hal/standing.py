"""Registers that stand from power-on on, whatever is armed: (address, mask of the bits that
decide).
"""

from micropython import const

_ALL = const(-1)

FIXED = (
    # RESETS
    (0x4000C000, _ALL),
    # CLK_REF, which the timer, the watchdog and a failed CLK_SYS run on: source, divider
    (0x40008030, _ALL),
    (0x40008034, _ALL),
    (0x4000803C, _ALL),
    # CLK_SYS: source, divider
    (0x40008040, _ALL),
    (0x40008060, _ALL),
    # CLK_ADC: source, divider
    (0x40008064, _ALL),
    # PLL_SYS: locked, reference divider; power; feedback; post dividers
    (0x40028000, 0x8000013F - (1 << 32)),
    (0x40028004, 0x2D),
    (0x40028008, _ALL),
    (0x4002800C, _ALL),
    # PLL_USB, which the converter runs on
    (0x4002C000, 0x8000013F - (1 << 32)),
    (0x4002C004, 0x2D),
    (0x4002C008, _ALL),
    (0x4002C00C, _ALL),
    (0x40064000, 0xF3),
    # VREG: on, voltage; BOD
    (0x40064004, 0xF1),
    (0x40010008, _ALL),
    # PSM, RESETS: what a reset by the watchdog reaches
    (0x4000C004, _ALL),
    # WATCHDOG TICK: 1 us for it and the timer, running
    (0x4005802C, 0x3FF),
    # WATCHDOG: enabled
    (0x40058000, 1 << 30),
    # TIMER: not paused
    (0x40054030, 1),
    (0x50200038, _ALL),
    # PIO: input synchronisers
    (0x50300038, _ALL),
    # ADC: on, nothing in turn or for ever; FIFO, divider
    (0x4004C000, 0x1F0009),
    (0x4004C008, 0xF00000F),
    (0x4004C010, _ALL),
    # Interrupts of trip, of leg B, of monitors that pull, of samples: NVIC, vectors, PIO 0, PIO 1,
    # DMA; none is forced.
    (0xE000E100 - (1 << 32), 1 << 7 | 1 << 9 | 1 << 10 | 1 << 11),
    (0x2000005C, _ALL),
    (0x20000064, _ALL),
    (0x20000068, _ALL),
    (0x2000006C, _ALL),
    (0x5020012C, _ALL),
    (0x5030012C, _ALL),
    (0x50300138, _ALL),
    (0x50000404, _ALL),
    (0x50200130, _ALL),
    (0x50300130, _ALL),
    (0x5030013C, _ALL),
    (0x50000408, _ALL),
    # PWM: slices enabled
    (0x400500A0, _ALL),
)
