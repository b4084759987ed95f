"""Service mode: a person holds SELECT at power-on. Mounts the filesystem, opens the REPL; outputs
stay off.

It lasts until the power is cycled, through soft resets too: the word in the watchdog's scratch
register says so.
"""

import micropython
from machine import Pin
from micropython import const

from hal import regs

_SERVICE_STATE = const(7)
# The filesystem's part of the storage area; the rest is raw: prescriptions, calibration and journal
_FILESYSTEM_BYTES = const(0x80000)
_CTRL_C = const(3)


def active():
    """True in service mode."""
    return regs.read(regs.SCRATCH0) & 0xFF == _SERVICE_STATE


def wanted(pins):
    """True while SELECT is held down, and for good once service mode is on."""
    return active() or not Pin(pins["BTN_SELECT"][0], Pin.IN, Pin.PULL_UP).value()


def enter():
    """Open the REPL and mount the filesystem."""
    regs.write(regs.SCRATCH0, _SERVICE_STATE)
    micropython.kbd_intr(_CTRL_C)
    mount()


def mount():
    """Mount the filesystem at /, made if need be. A release build does it in service mode alone."""
    import rp2
    import vfs

    flash = rp2.Flash(start=0, len=_FILESYSTEM_BYTES)
    try:
        files = vfs.VfsLfs2(flash, progsize=256)
    except OSError:
        vfs.VfsLfs2.mkfs(flash, progsize=256)
        files = vfs.VfsLfs2(flash, progsize=256)
    vfs.mount(files, "/")
