# On the device, in service mode: the product's own output stage (drivers, trains, guard, dead-man)
# follows a wish instead of a session.
import gc
import time

import board
import micropython
from app.build import Hal
from app.outputs import Outputs


class Wish:
    """What Outputs reads of a session."""

    def __init__(self):
        self.state = "RUNNING"
        self.armed = self.pulsing = False
        self.fresh = True
        self.program = None
        self.ua = self.set_ua = [0, 0]
        # What is asked for may have changed in every round.
        self.event = True
        self.contact = [None, None]
        self.caps_ua = (100_000, 100_000)

    def numbers(self, into, at):
        """Nothing here is kept twice."""


hal = Hal(board.__dict__)
outputs = Outputs(hal, board.__dict__)
wish = Wish()


def rounds(count, load=None):
    """Rounds of 10 ms; a load in every tenth."""
    for k in range(count):
        began = time.ticks_ms()
        outputs.apply(wish)
        hal.guard.reload()
        if load and k % 10 == 9:
            load()
        time.sleep_ms(max(1, 10 - time.ticks_diff(time.ticks_ms(), began)))


def begin(program):
    """Armed, then pulsing, as a session does it."""
    wish.program = program
    wish.armed = True
    rounds(1)
    wish.pulsing = True
    rounds(1)


def end():
    """The last pulse is completed, then everything off."""
    wish.pulsing = False
    rounds(1)
    wish.armed = False
    rounds(1)


def play(program, count, load=None):
    begin(program)
    rounds(count, load)
    end()


def play_each(programs, count):
    for program in programs:
        play(program, count)


def locked(count):
    """Rounds with the heap locked: whatever allocates raises MemoryError."""
    apply, reload, sleep_ms = outputs.apply, hal.guard.reload, time.sleep_ms
    micropython.heap_lock()
    try:
        for _ in range(count):
            apply(wish)
            reload()
            sleep_ms(10)
    finally:
        micropython.heap_unlock()


def allocated(count):
    """Bytes that so many rounds allocate, and do not give back."""
    apply, reload, sleep_ms, mem_alloc = (
        outputs.apply,
        hal.guard.reload,
        time.sleep_ms,
        gc.mem_alloc,
    )
    gc.collect()
    gc.disable()
    before = mem_alloc()
    for _ in range(count):
        apply(wish)
        reload()
        sleep_ms(10)
    after = mem_alloc()
    gc.enable()
    return after - before
