"""Service mode: a person holds SELECT at power-on. Mounts the filesystem and leaves the REPL open; outputs stay off."""

from machine import Pin, mem32

_SCRATCH0 = 0x4005800C
_SERVICE_STATE = 7
_FILESYSTEM_BYTES = 0x80000  # of the storage area; the rest is raw: prescriptions and journal


def wanted(pins):
    """True while SELECT is held down."""
    return not Pin(pins["BTN_SELECT"][0], Pin.IN, Pin.PULL_UP).value()


def enter():
    """Mount (and if need be make) the filesystem; say so in the scratch register."""
    import rp2
    import vfs

    mem32[_SCRATCH0] = _SERVICE_STATE
    flash = rp2.Flash(start=0, len=_FILESYSTEM_BYTES)
    try:
        files = vfs.VfsLfs2(flash, progsize=256)
    except OSError:
        vfs.VfsLfs2.mkfs(flash, progsize=256)
        files = vfs.VfsLfs2(flash, progsize=256)
    vfs.mount(files, "/")
