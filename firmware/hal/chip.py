"""The chip itself: identity, reset cause, watchdog, and the one word that survives a reset."""

import sys

import machine
from binascii import hexlify
from micropython import const

from hal import regs, safe

WATCHDOG_MS = const(500)
_WATCHDOG_CTRL = const(0x40058000)
_ENABLED_BIT = const(30)
# Why we restarted the chip ourselves, in the top byte of the word that survives: the chip calls
# every such restart "watchdog".
_WHY_BIT = const(24)
_OURS = ("", "soft_reset", "exception")


def identity():
    """Serial number and MicroPython version."""
    version = sys.implementation
    return {
        "serial": hexlify(machine.unique_id()).decode(),
        "micropython": "%d.%d.%d" % version[1][:3],
    }


def bootloader():
    """Into the boot ROM's USB drive, outputs off first: it takes a UF2 and starts what is in it.
    Does not return.
    """
    safe.off()
    machine.bootloader()


def restart(why):
    """Reset the whole chip, and let the next boot know why: one of _OURS. Does not return."""
    regs.write(regs.SCRATCH0, remembered() & (1 << _WHY_BIT) - 1 | _OURS.index(why) << _WHY_BIT)
    machine.reset()


def end_soft_reset():
    """A soft reset leaves the watchdog running, which would end the next boot in its middle:
    make it a whole reset, once.
    """
    if regs.read(_WATCHDOG_CTRL) >> _ENABLED_BIT & 1 and not remembered() >> _WHY_BIT:
        restart("soft_reset")


def reset_cause():
    """ "power", "watchdog", "soft_reset", "exception" or "other"; asked before the first
    `remember`.
    """
    ours = remembered() >> _WHY_BIT
    if 0 < ours < len(_OURS):
        return _OURS[ours]
    return {machine.PWRON_RESET: "power", machine.WDT_RESET: "watchdog"}.get(
        machine.reset_cause(), "other"
    )


def watchdog():
    """Start the watchdog; it cannot be stopped. Fed in one place."""
    return machine.WDT(timeout=WATCHDOG_MS)


def remember(word):
    """Keep a word across every reset but power-on."""
    regs.write(regs.SCRATCH0, word)


def remembered():
    """The word kept before this boot (0 after power-on)."""
    return regs.read(regs.SCRATCH0)
