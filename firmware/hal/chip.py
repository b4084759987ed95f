"""The chip itself: identity, reset cause, watchdog, and the one word that survives a reset."""

import sys

import machine
from binascii import hexlify
from micropython import const

from hal import regs, safe

WATCHDOG_MS = const(500)


def identity():
    """Serial number and MicroPython version."""
    version = sys.implementation
    return {"serial": hexlify(machine.unique_id()).decode(), "micropython": "%d.%d.%d" % version[1][:3]}


def bootloader():
    """Into the boot ROM's USB drive, outputs off first: it takes a UF2 and starts what is in it. Does not return."""
    safe.off()
    machine.bootloader()


def reset_cause():
    """"power", "watchdog" or "other"."""
    return {machine.PWRON_RESET: "power", machine.WDT_RESET: "watchdog"}.get(machine.reset_cause(), "other")


def watchdog():
    """Start the watchdog; it cannot be stopped. Fed in one place."""
    return machine.WDT(timeout=WATCHDOG_MS)


def remember(word):
    """Keep a word across every reset but power-on."""
    regs.write(regs.SCRATCH0, word)


def remembered():
    """The word kept before this boot (0 after power-on)."""
    return regs.read(regs.SCRATCH0)
