"""Outputs off, whatever the chip was doing: the first act of every boot and the last of every fault.

Needs no board data and no state: every GPIO is cut from every peripheral, so pads fall to their pulls. Import nothing else here.
"""

import micropython


@micropython.viper
def off():
    """All pins high-Z, state machines stopped, DMA aborted, PWM stopped. Takes microseconds, allocates nothing."""
    gpio = ptr32(0x40014000)
    pin = 0
    while pin < 30:
        gpio[2 * pin + 1] = 31  # FUNCSEL NULL
        pin += 1
    ptr32(0x50200000)[0] = 0  # PIO0 CTRL
    ptr32(0x50300000)[0] = 0  # PIO1 CTRL
    ptr32(0x50000000)[0x444 >> 2] = 0xFFF  # DMA CHAN_ABORT
    ptr32(0x40050000)[0xA0 >> 2] = 0  # PWM EN
    # Levels and directions of a stopped PIO block stay in its latches: reset both blocks to clear them.
    ptr32(0x4000E000)[0] = 0xC00  # RESETS, set alias: PIO0, PIO1
    ptr32(0x4000F000)[0] = 0xC00  # RESETS, clear alias
    while (ptr32(0x4000C000)[2] & 0xC00) != 0xC00:  # RESET_DONE
        pass


off()
