"""PIO block 0: pulse machine (SM0, SM1), dead-man (SM2), guard (SM3). One program, all 32 instructions.

Levels and directions are kept apart: the pulse machine writes levels of its own two legs and nothing else; directions
go on at `arm` and off at `trip`, nowhere else. No word can make a leg outlast its 16-bit field, put both legs high, or
make phase B differ from phase A. firmware/TIMING.md derives the clock counts in the margin.
"""

import rp2


@rp2.asm_pio(sideset_init=rp2.PIO.OUT_LOW, out_shiftdir=rp2.PIO.SHIFT_RIGHT)
def block0():
    # --- pulse machine: a pulse word, a rest word, a settle word, again -------------------------
    label("trig")
    wait(1, pin, 0)  # .............. TRIG_IN; the machine starts here only when a trigger starts it
    wrap_target()
    pull(block)  # .................. 1   pulse word; out of words: stalls here, both legs low
    out(y, 16)  # ................... 1   phase count, kept in Y and used twice
    mov(x, y)  # .................... 1
    set(pins, 1).side(1)  # ......... 1   phase A begins
    label("phase_a")
    jmp(x_dec, "phase_a")  # ........ Y+1
    set(pins, 0).side(0)  # ......... 1   phase A ends Y+2 clocks after it began
    out(x, 16)  # ................... 1   gap count
    label("gap")
    jmp(x_dec, "gap")  # ............ G+1
    mov(x, y)  # .................... 1
    set(pins, 2)  # ................. 1   phase B begins G+4 clocks after phase A ended
    label("phase_b")
    jmp(x_dec, "phase_b")  # ........ Y+1
    set(pins, 0)  # ................. 1   phase B ends Y+2 clocks after it began
    label("start")
    pull(block)  # .................. 1   rest word; out of words: stalls here, both legs low
    mov(x, osr)  # .................. 1
    label("rest")
    jmp(x_dec, "rest")  # ........... R+1
    push(noblock)  # ................ 1   DMA takes this as: latch the amplitude now, its filter settles until the pulse
    pull(block)  # .................. 1   settle word
    mov(x, osr)  # .................. 1
    label("settle")
    jmp(x_dec, "settle")  # ......... S+1
    wrap()
    # --- dead-man: one turn of 4 instructions is 1 ms ------------------------------------------
    label("deadman")
    mov(x, y)
    pull(noblock)  # ................ no word: OSR = X, the count goes on
    out(y, 6)  # .................... 6 bits: no reload can be longer than 63 turns
    jmp(y_dec, "deadman")
    jmp("trip")
    # --- guard ---------------------------------------------------------------------------------
    label("arm")
    set(pins, 16)  # ................ HV_EN on, legs low
    set(pindirs, 31)
    wait(0, pin, 0)  # .............. INTERLOCK_N
    label("trip")
    set(pins, 0)
    set(pindirs, 0)
    irq(0)
    label("off")
    jmp("off")  # ................... latched: only a restart from `arm` leaves it


# Addresses inside block0.
TRIG = 0
WRAP_TARGET = 1
START = 13
WRAP = 19
DEADMAN = 20
ARM = 25
TRIP = 28
OFF = 31
